"""`tambo metadata`: sensors as they are set at run time, and who set what when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tambo.cli import console
from tambo.cli.given import given_settings

if TYPE_CHECKING:
    from tambo.sources.sensors import Sensor

metadata = typer.Typer(
    help="Sensors: set a new one or another range, without a change of code; show who set what.",
    no_args_is_help=True,
)


@metadata.command("set")
def metadata_set(
    domain: Annotated[str, typer.Argument(help="whose stream has it, as fleet")],
    sensor: Annotated[str, typer.Argument(help="its name, as oil_pressure")],
    by: Annotated[str, typer.Option(help="who sets it")],
    lowest: Annotated[float | None, typer.Option(help="lowest reading that is right")] = None,
    highest: Annotated[float | None, typer.Option(help="highest reading that is right")] = None,
    no_lowest: Annotated[
        bool, typer.Option("--no-lowest", help="any low reading is right")
    ] = False,
    no_highest: Annotated[
        bool, typer.Option("--no-highest", help="any high reading is right")
    ] = False,
    unit: Annotated[str | None, typer.Option(help="of a reading; default: as before")] = None,
    description: Annotated[str | None, typer.Option(help="what it says; as before")] = None,
) -> None:
    """Set a sensor; readings are judged by it from now on, by processes that run as well."""
    from tambo.sources import sensors

    settings = given_settings()
    before = sensors.sensors(settings, domain).get(sensor)
    wanted = sensors.Sensor(
        unit=unit if unit is not None else (before.unit if before else ""),
        lowest=_bound("lowest", lowest, no_lowest, before.lowest if before else None),
        highest=_bound("highest", highest, no_highest, before.highest if before else None),
        description=description or "",
    )
    change = sensors.set_sensor(settings, domain, sensor, wanted, by).newest
    if change is None:
        said = f"{domain} {sensor} is as its contract declares it: {_shown(wanted)}"
    else:
        said = (
            f"{domain} {sensor}, version {change.version}: {_shown(change.was)} → "
            f"{_shown(change.is_now)}; {change.by}, {change.at:%Y-%m-%d %H:%M:%S} UTC"
        )
    console.out.print(said, markup=False)


@metadata.command("show")
def metadata_show(
    domain: Annotated[str, typer.Argument(help="whose stream has them")] = "fleet",
) -> None:
    """Show what is right of each sensor now."""
    from tambo.sources import sensors

    settings = given_settings()
    versions = {one.sensor: one.version for one in sensors.history(settings, domain)}
    rows = [
        (name, one.unit, one.lowest, one.highest, versions.get(name, 0), one.description)
        for name, one in sensors.sensors(settings, domain).items()
    ]
    columns = ("sensor", "unit", "lowest", "highest", "version", "says")
    console.show_table(f"sensors of {domain}", columns, rows)


@metadata.command("history")
def metadata_history(
    domain: Annotated[str, typer.Argument(help="whose stream has them")] = "fleet",
    sensor: Annotated[str | None, typer.Argument(help="default: all")] = None,
) -> None:
    """Show who set what, when, and what it was before; oldest first."""
    from tambo.sources import sensors

    rows = [
        (one.at, one.sensor, one.version, _shown(one.was), _shown(one.is_now), one.by)
        for one in sensors.history(given_settings(), domain)
        if sensor in {None, one.sensor}
    ]
    columns = ("at (UTC)", "sensor", "version", "was", "is", "by")
    console.show_table(f"changes of sensors of {domain}", columns, rows)


def _bound(name: str, given: float | None, none: bool, before: float | None) -> float | None:
    """A bound as it is asked for; as before where nothing is said."""
    if none and given is not None:
        raise typer.BadParameter(f"--{name} and --no-{name} contradict each other")
    return None if none else before if given is None else given


def _shown(one: Sensor | None) -> str:
    if one is None:
        return "none"
    ends = ["" if end is None else f"{end:g}" for end in (one.lowest, one.highest)]
    return f"{ends[0]}…{ends[1]} {one.unit}".strip()
