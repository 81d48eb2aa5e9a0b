# Everything that a fresh machine needs: python3.11 (or a later python3) and make.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

WEB_READY := web/node_modules/.ready

.PHONY: demo docs docs-test test slow lint fix check bench web web-test clean

demo: $(READY)
	mkdir -p demo
	$(BIN)/blindsr analyze examples/pens_iso3200.jpg
	$(BIN)/blindsr upscale examples/pens_iso3200.jpg -o demo/pens_x4.png --compare demo/pens_comparison.png --overwrite
	@echo "demo/pens_x4.png is the result; demo/pens_comparison.png shows bicubic interpolation and the result side by side."

# Two at a time with one thread each: small tensors gain nothing from more.
test: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 -m "not slow and not gpu"

slow: $(READY)
	$(BIN)/pytest -m slow

lint: $(READY)
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/typos

fix: $(READY)
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

check: lint test

# What the server sends, from the sources of the page in web/page.
web: $(WEB_READY)
	cd web && npm run build

# The page: its lint, types and unit tests, then the real server in a real browser.
web-test: $(READY) $(WEB_READY)
	web/chromium.sh > /dev/null
	cd web && npm run check
	cd web && CHROMIUM="$$(./chromium.sh)" PYTHON="$(abspath $(BIN)/python)" npm run e2e

# The site, in docs/_build; a warning is an error. Nothing is loaded from elsewhere, now or by readers.
docs: $(READY) $(WEB_READY)
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build
	@echo "docs/_build/index.html is the start page."

# The built site in Chromium: no request to elsewhere, every link, a narrow window, light and dark.
docs-test: docs
	web/chromium.sh > /dev/null
	cd web && CHROMIUM="$$(./chromium.sh)" npm run site

bench: $(READY)
	$(BIN)/python benchmarks/inference.py
	$(BIN)/python benchmarks/runtimes.py
	$(BIN)/python benchmarks/training.py

# Torch is installed first and from the constraints, so that nothing pulls in another build of it.
# Tests do without torchvision, which spandrel asks for; it has no build for every torch (see tests/stand_ins).
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt torch
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt --no-deps spandrel
	touch $@

$(WEB_READY): web/package.json web/package-lock.json
	@command -v npm > /dev/null || { echo "The page needs Node.js 20.19 or later, with npm." >&2; exit 1; }
	cd web && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci
	touch $@

clean:
	rm -rf .venv docs/_build docs/generated docs/static/gallery docs/static/onnx web/node_modules web/pictures web/test-results demo build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
