# Each target makes what it needs: virtual environment, packages, database. Works in a fresh clone.
#   make demo     a made-up company with two years of answers, everything running
#   make run      the same, empty: your own installation on this machine
#   make test     the whole test suite        make check    lint, types, layers, migrations
#   make bench    the figures under benchmarks/
# PORT=9000 and DATABASE_URL=postgres://... are honoured.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
STAMPS := .make
PIP := $(BIN)/pip install --quiet --disable-pip-version-check

export PORT
export BASE_URL ?= http://127.0.0.1:$(PORT)

.PHONY: demo run test check bench clean
.DEFAULT_GOAL := demo

$(STAMPS)/runtime: requirements.txt
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Whyleft needs Python 3.11 or newer; set PYTHON=.")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing packages ..."
	@$(PIP) -r requirements.txt
	@touch $@

$(STAMPS)/development: requirements-dev.txt $(STAMPS)/runtime
	@echo "Installing packages for development ..."
	@$(PIP) -r requirements-dev.txt
	@touch $@

demo: export VAR_DIR ?= $(CURDIR)/var/demo
demo: export ORGANISATION_NAME ?= Lindenpost
demo: $(STAMPS)/runtime
	@$(BIN)/python manage.py prepare --sample
	@$(BIN)/honcho --no-colour start

run: $(STAMPS)/runtime
	@$(BIN)/python manage.py prepare
	@$(BIN)/honcho --no-colour start

test: $(STAMPS)/development
	$(BIN)/python -m pytest -n 2 --dist loadscope $(PYTEST_ARGS)

check: $(STAMPS)/development
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	git ls-files -z '*.html' | xargs -0 $(BIN)/djade --target-version 5.2 --check
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py translations --check
	$(BIN)/python manage.py default_surveys --check
	$(BIN)/python manage.py makemigrations --check --dry-run
	BASE_URL=https://surveys.example.com SECRET_KEY=$$($(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))') \
		$(BIN)/python manage.py check --deploy --fail-level WARNING

bench: export MAILS ?= 9000
bench: $(STAMPS)/development
	@for script in benchmarks/*.py; do echo "== $$script"; $(BIN)/python $$script || exit 1; done

clean:
	rm -rf $(VENV) $(STAMPS) staticfiles
