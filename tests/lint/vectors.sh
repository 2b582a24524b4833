#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each file of fixtures/vectors fits schema.json, and schema.json the language
# of schemas. Before that mistakes are planted in a copy of a file, and each has
# to be found. Skipped where python3-jsonschema is not.
set -euo pipefail

source_folder=$(cd "${1:-.}" && pwd)

python3 -c 'import jsonschema' 2>/dev/null || {
	printf 'skipped: python3-jsonschema is not installed\n'
	exit 77
}

exec python3 - "$source_folder/fixtures/vectors" <<'PYTHON'
import copy
import json
import pathlib
import sys

import jsonschema

folder = pathlib.Path(sys.argv[1])
schema = json.loads((folder / "schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)


def mistakes(document):
    return [
        "/".join(str(step) for step in error.absolute_path) + ": " + error.message
        for error in validator.iter_errors(document)
    ]


def plant(document, what, change):
    copied = copy.deepcopy(document)
    change(copied)
    if not mistakes(copied):
        sys.exit(f"not found: {what}")


def of(document, valid):
    return next(v for v in document["vectors"] if v["valid"] == valid)


example = json.loads((folder / "ring.json").read_text())
plant(example, "a key of the file", lambda d: d.update(more=1))
plant(example, "a key of a vector", lambda d: of(d, True).update(more=1))
plant(example, "no id", lambda d: of(d, True).pop("id"))
plant(example, "no source", lambda d: of(d, True).update(source=[]))
plant(example, "no class", lambda d: of(d, True).update({"class": "any"}))
plant(example, "half a byte", lambda d: of(d, True).update(bytes="0"))
plant(example, "a direction", lambda d: of(d, True).update(direction="up"))
plant(example, "valid without fields", lambda d: of(d, True).pop("fields"))
plant(example, "valid with an error", lambda d: of(d, True).update(error="none"))
plant(example, "invalid without error", lambda d: of(d, False).pop("error"))
plant(example, "another error", lambda d: of(d, False).update(error="bad"))
plant(example, "a context", lambda d: of(d, True)["context"].update(more=1))

found = False
vectors = 0
for file in sorted(folder.glob("*.json")):
    if file.name == "schema.json":
        continue
    document = json.loads(file.read_text())
    if document.get("parser") != file.stem:
        print(f"{file.name}: its parser is {document.get('parser')}")
        found = True
    for mistake in mistakes(document):
        print(f"{file.name}: {mistake[:200]}")
        found = True
    vectors += len(document.get("vectors", []))
if found:
    sys.exit(1)
print(f"{vectors} vectors fit their schema")
PYTHON
