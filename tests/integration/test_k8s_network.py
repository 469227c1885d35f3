"""Which flows the network policies open: a small reading of their rules, asked flow by flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import permutations

import pytest
from k8s_rendered import Manifest, kind, one, workloads


@dataclass(frozen=True)
class Pod:
    """One end of a flow."""

    labels: dict[str, str]
    namespace: str = "tambo"
    namespace_labels: dict[str, str] = field(default_factory=dict)


def pod(name: str) -> Pod:
    """A pod of one of our workloads."""
    found = [item for item in workloads() if item["metadata"]["name"] == name]
    return Pod(found[0]["spec"]["template"]["metadata"]["labels"])


DNS = Pod({"k8s-app": "kube-dns"}, "kube-system", {"kubernetes.io/metadata.name": "kube-system"})
INTERNET = None


def selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """Whether a label selector takes these labels; an empty one takes everything."""
    assert set(selector) <= {"matchLabels"}, "this reading knows matchLabels only"
    return selector.get("matchLabels", {}).items() <= labels.items()


def peer_matches(peer: Manifest, other: Pod | None) -> bool:
    """Whether one `from` or `to` entry means this pod."""
    assert set(peer) <= {"podSelector", "namespaceSelector"}, "this reading knows pods only"
    if other is None:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], other.namespace_labels):
            return False
    elif other.namespace != "tambo":
        return False
    return selects(peer.get("podSelector", {}), other.labels)


def side_open(direction: str, own: Pod | None, other: Pod | None, port: int, protocol: str) -> bool:
    """Whether the policies on one end let the flow through in one direction."""
    if own is None or own.namespace != "tambo":
        return True
    policies = [
        policy["spec"]
        for policy in kind("NetworkPolicy")
        if direction.capitalize() in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], own.labels)
    ]
    if not policies:
        return True
    key = "to" if direction == "egress" else "from"
    return any(
        {"protocol": protocol, "port": port} in rule["ports"]
        and any(peer_matches(peer, other) for peer in rule[key])
        for policy in policies
        for rule in policy.get(direction, [])
    )


def flows(source: Pod | None, target: Pod | None, port: int, protocol: str = "TCP") -> bool:
    """Whether the source may open a connection to the target."""
    return side_open("egress", source, target, port, protocol) and side_open(
        "ingress", target, source, port, protocol
    )


SERVICES = ("travel", "tourism", "fleet")
CALLS = {service: {f"tambo/calls-{service}": "true"} for service in SERVICES}
LABELLED_STRANGER = Pod(
    {label: "true" for calls in CALLS.values() for label in calls} | {"tambo/uses-redis": "true"},
    "web",
)
ISSUER = Pod({"tambo/issuer": "true"}, "sso", {"tambo/issuer": "true"})
BROKER = Pod({"tambo/broker": "true"}, "mqtt", {"tambo/broker": "true"})
TRAINING = Pod({"tambo/uses-mlflow": "true"})


@pytest.mark.parametrize("name", [*SERVICES, "telemetry", "redis", "mlflow"])
def test_nothing_moves_unless_a_policy_opens_it(name: str):
    end = pod(name)
    for port in (22, 80, 443, 3000, 5000, 6379, 8080):
        assert not flows(end, INTERNET, port)
        assert not flows(INTERNET, end, port)
        assert not flows(Pod({}), end, port)
        assert not flows(LABELLED_STRANGER, end, port)


@pytest.mark.parametrize("name", [*SERVICES, "telemetry", "redis", "mlflow"])
def test_every_pod_resolves_names(name: str):
    assert flows(pod(name), DNS, 53, "UDP")
    assert flows(pod(name), DNS, 53, "TCP")
    assert not flows(pod(name), DNS, 443)


def test_the_flows_that_the_road_needs_are_open():
    for service in SERVICES:
        calls, end = CALLS[service], pod(service)
        assert flows(end, pod("redis"), 6379)
        assert flows(Pod(calls, "web", calls), end, 3000)
        assert flows(Pod(calls), end, 3000)
    assert flows(TRAINING, pod("mlflow"), 5000)
    assert flows(pod("fleet"), ISSUER, 443)
    assert flows(pod("telemetry"), BROKER, 8883)
    assert flows(pod("telemetry"), pod("redis"), 6379)


def test_the_flows_that_nobody_needs_are_shut():
    for service, other in permutations(SERVICES, 2):
        assert not flows(pod(service), pod("mlflow"), 5000)
        assert not flows(pod("redis"), pod(service), 3000)
        assert not flows(pod(service), pod("redis"), 22)
        assert not flows(Pod(CALLS[service]), pod(other), 3000)
        assert not flows(Pod(CALLS[service], "web", CALLS[service]), pod("redis"), 6379)
        assert not flows(ISSUER, pod(service), 3000)
    assert not flows(pod("travel"), ISSUER, 443)
    assert not flows(pod("fleet"), Pod(ISSUER.labels, "sso"), 443)
    assert not flows(pod("fleet"), Pod({}, "sso", ISSUER.namespace_labels), 443)
    assert not flows(pod("telemetry"), BROKER, 1883), "readings go over TLS"
    assert not flows(pod("telemetry"), Pod(BROKER.labels, "mqtt"), 8883)
    assert not flows(pod("telemetry"), ISSUER, 443)
    assert not flows(pod("fleet"), BROKER, 8883)
    assert not flows(BROKER, pod("telemetry"), 3000)
    assert not flows(pod("mlflow"), pod("redis"), 6379)
    assert not flows(TRAINING, pod("redis"), 6379)


def test_opened_ports_are_those_of_the_services():
    for service in kind("Service"):
        name = service["metadata"]["name"]
        opened = {
            port["port"]
            for rule in one("NetworkPolicy", f"{name}-from-")["spec"]["ingress"]
            for port in rule["ports"]
        }
        assert opened == {port["port"] for port in service["spec"]["ports"]}


def test_both_directions_are_denied_by_default():
    deny = one("NetworkPolicy", "default-deny")["spec"]
    assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
