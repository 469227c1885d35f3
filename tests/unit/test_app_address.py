"""Where the app finds a service."""

from __future__ import annotations

from contextlib import ExitStack

from tambo.services import address, announced
from tambo.settings import Settings

FIRST, SECOND = "http://127.0.0.1:1", "http://127.0.0.1:2"


def test_a_service_is_found_while_it_runs(tmp_path) -> None:
    settings = Settings(home=tmp_path)
    assert address(settings, "travel") is None
    with announced(settings, "travel", FIRST):
        assert address(settings, "travel") == FIRST
        assert address(settings, "fleet") is None
    assert address(settings, "travel") is None


def test_the_later_of_two_services_is_found_after_the_first_has_stopped(tmp_path) -> None:
    settings = Settings(home=tmp_path)
    first = ExitStack()
    first.enter_context(announced(settings, "travel", FIRST))
    with announced(settings, "travel", SECOND):
        first.close()
        assert address(settings, "travel") == SECOND
    assert address(settings, "travel") is None


def test_the_setting_goes_before_what_the_home_says(tmp_path) -> None:
    settings = Settings(home=tmp_path, service_url="https://{domain}.example/api/")
    with announced(settings, "travel", FIRST):
        assert address(settings, "travel") == "https://travel.example/api"
    assert address(Settings(home=tmp_path), "travel") is None, "what was written is gone"
