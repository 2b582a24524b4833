#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
#
# Each mutant of tests/mutation/ applies to the sources, exactly once: so they
# change with the lines that they replace.
#
#   mutants.sh SOURCE
set -euo pipefail

exec "$1/ci/mutants" --check
