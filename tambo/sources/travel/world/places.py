"""Places, companies and agencies of the sample world: invented, at plausible coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tambo.sources.sample.draws import Floats

EARTH_RADIUS_KM = 6371.0


@dataclass(frozen=True)
class Place:
    """One city.

    Args:
        name: as in the files, state in brackets.
        latitude, longitude: degrees.
        leisure, business: log weight as a destination.
        amplitude: height of the yearly wave of leisure demand, 0 to 1.
        peak: day of the year on which that wave is highest.
        holiday_pull: how strongly holidays raise leisure demand; 1 is usual.
        styles: what draws people there (beach, city, nature), 0 to 1 each.
    """

    name: str
    latitude: float
    longitude: float
    leisure: float
    business: float
    amplitude: float
    peak: int
    holiday_pull: float
    styles: tuple[float, float, float]


# Seasons: beaches are full in the southern summer, the mountains in winter, the rest is flat.
PLACES = (
    Place("Porto Claro (PE)", -8.1, -34.9, 0.8, 0.0, 0.35, 10, 1.3, (0.9, 0.4, 0.2)),
    Place("Santa Aurora (SP)", -23.6, -46.7, 0.2, 1.6, 0.05, 200, 0.3, (0.0, 1.0, 0.1)),
    Place("Barra Dourada (RJ)", -22.9, -43.3, 1.0, 1.0, 0.30, 20, 1.4, (0.8, 0.8, 0.3)),
    Place("Vale Sereno (MG)", -19.9, -44.0, 0.0, 0.7, 0.15, 195, 0.6, (0.0, 0.6, 0.6)),
    Place("Ilha das Garcas (SC)", -27.6, -48.5, 0.7, 0.1, 0.45, 15, 1.2, (1.0, 0.3, 0.5)),
    Place("Monte Alvo (DF)", -15.8, -47.9, -0.4, 1.2, 0.08, 230, 0.3, (0.0, 0.9, 0.2)),
    Place("Praia do Farol (RN)", -5.8, -35.2, 0.6, -0.6, 0.38, 5, 1.1, (1.0, 0.1, 0.4)),
    Place("Rio Verdejo (AM)", -3.1, -60.0, 0.0, 0.1, 0.25, 215, 0.5, (0.1, 0.3, 1.0)),
    Place("Serra Nevoa (RS)", -29.4, -50.9, 0.4, -0.3, 0.40, 190, 0.9, (0.0, 0.4, 0.9)),
    Place("Baia Morena (BA)", -13.0, -38.5, 0.9, 0.3, 0.32, 25, 1.5, (0.9, 0.6, 0.3)),
)
STYLES = ("beach", "city", "nature")
NAMES = tuple(place.name for place in PLACES)

COMPANIES = {
    "Cafe Andorinha": ("Santa Aurora (SP)", "Vale Sereno (MG)"),
    "Estaleiro Norte": ("Rio Verdejo (AM)", "Porto Claro (PE)", "Barra Dourada (RJ)"),
    "Banco Ipe": ("Santa Aurora (SP)", "Barra Dourada (RJ)", "Monte Alvo (DF)"),
    "Vinicola Minuano": ("Serra Nevoa (RS)", "Ilha das Garcas (SC)"),
    "Radio Sabia": ("Baia Morena (BA)", "Porto Claro (PE)", "Praia do Farol (RN)"),
    "Tecidos Jacaranda": ("Ilha das Garcas (SC)", "Santa Aurora (SP)", "Baia Morena (BA)"),
}

CLASSES = ("economic", "premium", "firstClass")
CLASS_FACTOR = (1.0, 1.55, 2.4)

AGENCIES = ("Asa Azul", "Rota Certa", "Vento Sul", "Ceu de Ouro")
AGENCY_MARKUP = (0.94, 1.0, 1.07, 1.12)
AGENCY_SHARE = (1.0, 1.0, 0.6, 0.8)
FIRST_CLASS_ONLY = (False, False, False, True)


def distances_km() -> Floats:
    """Great-circle distances between all places [place, place], km, two decimals."""
    latitude = np.radians([place.latitude for place in PLACES])
    longitude = np.radians([place.longitude for place in PLACES])
    north = latitude[:, None] - latitude[None, :]
    east = longitude[:, None] - longitude[None, :]
    half = (
        np.sin(north / 2) ** 2
        + np.cos(latitude[:, None]) * np.cos(latitude[None, :]) * np.sin(east / 2) ** 2
    )
    return np.asarray(np.round(2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(half)), 2))
