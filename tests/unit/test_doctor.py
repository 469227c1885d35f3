import os
import socket

from tambo.doctor import examine
from tambo.lake import writer_lock
from tambo.settings import Settings


def find(settings: Settings, name: str):
    return next(check for check in examine(settings) if check.name == name)


def test_a_fresh_home_has_nothing_that_fails(tmp_path) -> None:
    checks = examine(Settings(home=tmp_path / "home"))
    assert [check for check in checks if check.state == "fail"] == []


def test_missing_programs_are_named(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    check = find(Settings(home=tmp_path / "home"), "kubectl")
    assert check.state == "warn"
    assert "missing" in check.finding


def test_a_taken_port_is_named(tmp_path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ports = dict.fromkeys(("serve_port", "mlflow_port", "features_port", "app_port"), port)
        settings = Settings(home=tmp_path / "home", **ports)
        names = ("the service", "MLflow", "the feature server", "the app")
        checks = [find(settings, f"port of {name}") for name in names]
    assert [check.state for check in checks] == ["fail", "warn", "warn", "warn"]
    assert all(str(port) in check.finding and "TAMBO_" in check.remedy for check in checks)


def test_the_lock_holder_is_named(tmp_path) -> None:
    settings = Settings(home=tmp_path / "home")
    with writer_lock(settings, "a long build"):
        check = find(settings, "writer lock")
    assert check.state == "warn"
    assert "a long build" in check.finding
    assert str(os.getpid()) in check.finding
    assert find(settings, "writer lock").state == "ok"


def test_a_home_that_cannot_be_written_fails(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    check = find(Settings(home=tmp_path / "file" / "home"), "home")
    assert check.state == "fail"
    assert "TAMBO_HOME" in check.remedy
