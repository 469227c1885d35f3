"""The rendered manifests keep the API's schema and our own rules; each rule is shown to bite."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from pathlib import Path

import kubernetes_validate
import pytest
from k8s_rendered import K8S, Manifest, containers, kind, one, rendered, workloads

import tambo

SCALED = ("travel", "tourism")
SERVICES = (*SCALED, "fleet")
VERSION = "1.33"
# A volume has no hash of its content, a claim no size limit: only these may be mounted.
VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim"}


def quantity(text: str) -> int:
    """Bytes of a memory quantity."""
    number, unit = re.fullmatch(r"(\d+)(Ki|Mi|Gi|kb|mb|gb)?", text).groups()
    scale = {None: 0, "Ki": 10, "kb": 10, "Mi": 20, "mb": 20, "Gi": 30, "gb": 30}[unit]
    return int(number) << scale


def breaches(workload: Manifest) -> list[str]:
    """What in a workload breaks the rules that every workload here keeps."""
    pod = workload["spec"]["template"]["spec"]
    security = pod.get("securityContext", {})
    rules = {
        "token": pod.get("automountServiceAccountToken") is False,
        "service links": pod.get("enableServiceLinks") is False,
        "non-root": security.get("runAsNonRoot") is True and security.get("runAsUser", 0) > 0,
        "seccomp": security.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        "host": not any(pod.get(key) for key in ("hostNetwork", "hostPID", "hostIPC")),
        "volumes": all(VOLUMES & set(volume) for volume in pod.get("volumes", [])),
        "volume size": all(
            "sizeLimit" in volume["emptyDir"]
            for volume in pod.get("volumes", [])
            if "emptyDir" in volume
        ),
    }
    found = [rule for rule, kept in rules.items() if not kept]
    for container in containers(workload):
        found += container_breaches(container)
    return found


def container_breaches(container: Manifest) -> list[str]:
    """What in one container breaks the rules."""
    security = container.get("securityContext", {})
    requests = container.get("resources", {}).get("requests", {})
    limits = container.get("resources", {}).get("limits", {})
    probes = [container.get(f"{name}Probe") for name in ("startup", "readiness", "liveness")]
    _, _, tag = container["image"].rpartition(":")
    rules = {
        "read-only root": security.get("readOnlyRootFilesystem") is True,
        "capabilities": security.get("capabilities") == {"drop": ["ALL"]},
        "escalation": security.get("allowPrivilegeEscalation") is False,
        "privileged": not security.get("privileged", False),
        "memory": "memory" in limits and limits["memory"] == requests.get("memory"),
        "cpu": "cpu" in requests,
        "disk": {"ephemeral-storage"} <= set(requests) & set(limits),
        "probes": all(probes),
        "tag": re.fullmatch(r"v?\d+\.\d+\.\d+[\w.-]*", tag) is not None,
        "ports": all(port.get("name") for port in container.get("ports", [])),
    }
    # The budget of the start-up probe must be larger than that of the liveness probe after it.
    if all(probes):
        start, _, alive = (probe["periodSeconds"] * probe["failureThreshold"] for probe in probes)
        rules["probe budget"] = start >= alive
    return [rule for rule, kept in rules.items() if not kept]


def test_every_manifest_keeps_the_strict_schema():
    for manifest in rendered():
        # The command only warns of a kind that it does not know; this raises.
        assert kubernetes_validate.validate(manifest, VERSION, strict=True) == VERSION


def test_the_strict_schema_refuses_a_misspelt_field():
    broken = copy.deepcopy(one("Deployment", "travel"))
    broken["spec"]["template"]["spec"]["enableServicelinks"] = False
    with pytest.raises(kubernetes_validate.ValidationError, match="enableServicelinks"):
        kubernetes_validate.validate(broken, VERSION, strict=True)


def test_every_workload_keeps_every_rule():
    assert {item["metadata"]["name"] for item in workloads()} >= {*SERVICES, "redis", "mlflow"}
    assert {item["metadata"]["name"]: breaches(item) for item in workloads()} == {
        item["metadata"]["name"]: [] for item in workloads()
    }


def without(*path: str) -> Callable[[Manifest], None]:
    """A change that takes one key out of the first container."""

    def change(workload: Manifest) -> None:
        place = workload["spec"]["template"]["spec"]["containers"][0]
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("read-only root", without("securityContext", "readOnlyRootFilesystem")),
        ("capabilities", without("securityContext", "capabilities")),
        ("escalation", without("securityContext", "allowPrivilegeEscalation")),
        ("memory", without("resources", "limits", "memory")),
        ("cpu", without("resources", "requests", "cpu")),
        ("probes", without("livenessProbe")),
        ("tag", lambda w: containers(w)[0].update(image="redis:latest")),
        ("tag", lambda w: containers(w)[0].update(image="redis")),
        ("non-root", lambda w: w["spec"]["template"]["spec"]["securityContext"].pop("runAsUser")),
        ("token", lambda w: w["spec"]["template"]["spec"].pop("automountServiceAccountToken")),
        ("volumes", lambda w: w["spec"]["template"]["spec"]["volumes"].append({"hostPath": {}})),
    ],
)
def test_a_broken_rule_is_seen(rule: str, change: Callable[[Manifest], None]):
    workload = copy.deepcopy(one("StatefulSet", "redis"))
    change(workload)
    assert breaches(workload) == [rule]


def labels_match(selector: dict[str, str], labels: dict[str, str]) -> bool:
    return bool(selector) and selector.items() <= labels.items()


def pods_of(selector: dict[str, str]) -> list[str]:
    """Names of the workloads whose pods a selector takes."""
    return [
        workload["metadata"]["name"]
        for workload in workloads()
        if labels_match(selector, workload["spec"]["template"]["metadata"]["labels"])
    ]


def test_selectors_take_their_own_pods_and_no_others():
    for workload in workloads():
        assert pods_of(workload["spec"]["selector"]["matchLabels"]) == [
            workload["metadata"]["name"]
        ]
    for service in kind("Service"):
        assert pods_of(service["spec"]["selector"]) == [service["metadata"]["name"]]
    for budget in kind("PodDisruptionBudget"):
        assert pods_of(budget["spec"]["selector"]["matchLabels"]) == [budget["metadata"]["name"]]
    for spread in one("Deployment", "travel")["spec"]["template"]["spec"][
        "topologySpreadConstraints"
    ]:
        assert pods_of(spread["labelSelector"]["matchLabels"]) == ["travel"]


def test_service_ports_are_the_named_ports_of_the_pods():
    for service in kind("Service"):
        workload = next(
            w
            for w in workloads()
            if pods_of(service["spec"]["selector"]) == [w["metadata"]["name"]]
        )
        open_ports = {
            port["name"]: port["containerPort"]
            for container in containers(workload)
            for port in container["ports"]
        }
        for port in service["spec"]["ports"]:
            assert port["targetPort"] == port["name"]
            assert open_ports[port["targetPort"]] == port["port"]


def test_probes_call_a_named_port_that_exists():
    for workload in workloads():
        for container in containers(workload):
            names = {port["name"] for port in container.get("ports", [])}
            for name in ("startup", "readiness", "liveness"):
                probe = container[f"{name}Probe"]
                assert "exec" in probe or probe["httpGet"]["port"] in names


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_asks_ready_and_alive_different_questions(service: str):
    container = containers(one("Deployment", service))[0]
    assert container["ports"] == [{"name": "http", "containerPort": 3000}]
    paths = {
        name: container[f"{name}Probe"]["httpGet"]["path"]
        for name in ("startup", "readiness", "liveness")
    }
    # Only readiness may depend on Redis: a restart would not mend it.
    assert paths == {"startup": "/livez", "readiness": "/readyz", "liveness": "/livez"}


@pytest.mark.parametrize("service", SCALED)
def test_autoscaler_and_budget_leave_someone_to_serve(service: str):
    scaler = one("HorizontalPodAutoscaler", service)["spec"]
    target = one(scaler["scaleTargetRef"]["kind"], scaler["scaleTargetRef"]["name"])
    assert "replicas" not in target["spec"], "the autoscaler and the manifest would fight"
    budget = one("PodDisruptionBudget", service)["spec"]
    assert scaler["minReplicas"] - budget["maxUnavailable"] >= 1
    assert target["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_what_keeps_things_on_a_volume_is_one_and_its_home_is_on_it():
    deployment = one("Deployment", "fleet")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    (container,) = deployment["template"]["spec"]["containers"]
    claims = {
        volume["name"]: volume["persistentVolumeClaim"]["claimName"]
        for volume in deployment["template"]["spec"]["volumes"]
        if "persistentVolumeClaim" in volume
    }
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    settings = one("ConfigMap", container["envFrom"][0]["configMapRef"]["name"])["data"]
    assert mounts[next(iter(claims))] == settings["TAMBO_HOME"]
    assert one("PersistentVolumeClaim", claims["home"])["spec"]["accessModes"] == ["ReadWriteOnce"]
    # Who issues tokens is the cluster's business, and stands in no file of ours.
    assert container["envFrom"][1] == {"configMapRef": {"name": "issuer", "optional": True}}
    guide = (K8S.parent / "docs" / "operations.md").read_text()
    assert "create configmap issuer --from-literal=TAMBO_OIDC_DISCOVERY_URL=" in guide


def test_the_consumer_shares_the_home_of_the_fleet_on_its_node_and_as_its_user():
    consumer, fleet = (one("Deployment", name)["spec"] for name in ("telemetry", "fleet"))
    # One session at the broker, and one consumer of a home.
    assert (consumer["replicas"], consumer["strategy"]) == (1, {"type": "Recreate"})
    pods = [each["template"]["spec"] for each in (consumer, fleet)]
    homes = [volume for pod in pods for volume in pod["volumes"] if volume["name"] == "home"]
    assert homes[0] == homes[1]
    assert len({pod["securityContext"]["runAsUser"] for pod in pods}) == 1
    settings = [
        one("ConfigMap", name)["data"]["TAMBO_HOME"]
        for name in ("telemetry-settings", "fleet-settings")
    ]
    assert settings[0] == settings[1]
    # File locks and SQLite hold on one machine; so whichever pod comes second goes to the first.
    for each in (consumer, fleet):
        (term,) = each["template"]["spec"]["affinity"]["podAffinity"][
            "requiredDuringSchedulingIgnoredDuringExecution"
        ]
        assert term["topologyKey"] == "kubernetes.io/hostname"
        assert pods_of(term["labelSelector"]["matchLabels"]) == ["fleet", "telemetry"]
    guide = (K8S.parent / "docs" / "operations.md").read_text()
    assert "create configmap broker --from-literal=TAMBO_TELEMETRY_URL=" in guide


def test_where_no_broker_is_nothing_listens():
    local = {(item["kind"], item["metadata"]["name"]) for item in rendered("local")}
    assert ("Deployment", "fleet") in local
    more = {(item["kind"], item["metadata"]["name"]) for item in rendered()} - local
    assert {name for kind, name in more if kind != "ConfigMap"} == {"telemetry", "hears-broker"}
    assert local <= {(item["kind"], item["metadata"]["name"]) for item in rendered()}


def test_namespace_enforces_the_restricted_standard():
    labels = one("Namespace", "tambo")["metadata"]["labels"]
    for mode in ("enforce", "warn", "audit"):
        assert labels[f"pod-security.kubernetes.io/{mode}"] == "restricted"
    assert labels["pod-security.kubernetes.io/enforce-version"] == f"v{VERSION}"
    assert {m["metadata"].get("namespace", "tambo") for m in rendered()} == {"tambo"}


def test_no_secret_is_committed_and_those_used_are_named():
    assert kind("Secret") == []
    used = {
        (item["valueFrom"]["secretKeyRef"]["name"], item["valueFrom"]["secretKeyRef"]["key"])
        for workload in workloads()
        for container in containers(workload)
        for item in container.get("env", [])
        if "valueFrom" in item
    }
    assert used == {
        *(("redis", "password"), ("mlflow", "backend-store-uri")),
        *(("broker", "user"), ("broker", "password")),
    }
    guide = (K8S.parent / "docs" / "operations.md").read_text()
    for name, key in used:
        assert re.search(rf"create secret generic {name}\b[^\n]*--from-literal={key}=", guide)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_reads_redis_by_its_service_name_and_secret(service: str):
    environment = {item["name"]: item for item in containers(one("Deployment", service))[0]["env"]}
    redis = one("Service", "redis")
    port = redis["spec"]["ports"][0]["port"]
    name = redis["metadata"]["name"]
    # Kubernetes fills in only what stands before it in the list.
    assert list(environment) == ["REDIS_PASSWORD", "TAMBO_REDIS_URL"]
    assert environment["TAMBO_REDIS_URL"]["value"] == f"redis://:$(REDIS_PASSWORD)@{name}:{port}/0"


def test_redis_memory_leaves_room_for_the_fork():
    config = one("ConfigMap", "redis-config")["data"]["redis.conf"]
    data = quantity(re.search(r"^maxmemory (\w+)$", config, re.MULTILINE)[1])
    limit = quantity(containers(one("StatefulSet", "redis"))[0]["resources"]["limits"]["memory"])
    assert data * 2 <= limit
    assert "maxmemory-policy noeviction" in config


def test_mlflow_server_is_the_version_of_the_client():
    lock = Path(K8S.parent / "requirements.lock").read_text()
    client = re.search(r"^mlflow==(\S+)", lock, re.MULTILINE)[1]
    assert containers(one("Deployment", "mlflow"))[0]["image"].endswith(f":v{client}")


@pytest.mark.parametrize(
    ("workload", "name"), [*((name, name) for name in SERVICES), ("telemetry", "listener")]
)
def test_our_own_image_is_of_this_version(workload: str, name: str):
    image = containers(one("Deployment", workload))[0]["image"]
    assert image == f"localhost/tambo-{name}:{tambo.__version__}"


def test_mounted_configuration_exists():
    maps = {item["metadata"]["name"] for item in kind("ConfigMap")}
    claims = {item["metadata"]["name"] for item in kind("PersistentVolumeClaim")}
    for workload in workloads():
        pod = workload["spec"]["template"]["spec"]
        for container in containers(workload):
            needed = (item["configMapRef"] for item in container.get("envFrom", []))
            # What is optional is the cluster's own.
            assert {one["name"] for one in needed if not one.get("optional")} <= maps
        for volume in pod.get("volumes", []):
            assert volume.get("configMap", {}).get("name") in maps | {None}
            assert volume.get("persistentVolumeClaim", {}).get("claimName") in claims | {None}
        declared = {volume["name"] for volume in pod.get("volumes", [])} | {
            claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])
        }
        mounted = {mount["name"] for c in containers(workload) for mount in c["volumeMounts"]}
        assert mounted == declared
