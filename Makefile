# The commands of the shop. `make` lists them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

# Defaults of `make run` and `make lint`. The secrets are public; production has no
# defaults for them.
DEVELOPMENT = DEBUG=$${DEBUG:-true} \
	SECRET_KEY=$${SECRET_KEY:-development-only-session-key-of-the-shop} \
	JWT_SIGNING_KEY=$${JWT_SIGNING_KEY:-development-only-token-key-of-the-shop}

# Secrets for a command that signs nothing which is used later.
RANDOM_SECRETS = SECRET_KEY=$$($(RANDOM_SECRET)) JWT_SIGNING_KEY=$$($(RANDOM_SECRET))
RANDOM_SECRET = $(BIN)/python -c "import secrets; print(secrets.token_urlsafe(48))"

# A minimal production environment for `manage.py check --deploy`.
PRODUCTION = DEBUG=false DEMO_PAYMENTS=false THROTTLE=true SECURE_SSL_REDIRECT=true \
	ALLOWED_HOSTS=shop.example.com DATABASE_URL=postgres://shop@localhost/shop \
	PAYMENT_METHODS=bank_transfer EMAIL_URL=smtp://localhost STOREFRONT_URL=https://www.example.com \
	INVOICES=false SELLER_IBAN=DE89370400440532013000 \
	$(RANDOM_SECRETS)

.PHONY: help run install serve test test-postgres test-next lint lint-types lint-migrations schema messages client fuzz hostile abuse carts acceptance model storm money-storm invoice-storm test-rolling bench bench-search bench-against bench-rivals lock

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 15

run: $(VENV)/.runtime ## install, migrate, load the demo products, and serve on http://HOST:PORT
	@export $(DEVELOPMENT) SHOP_LANGUAGES=$${SHOP_LANGUAGES:-en,de}; \
	set -e; \
	$(BIN)/python manage.py migrate --verbosity 0; \
	$(BIN)/python manage.py seed_demo --if-empty --with-logins; \
	$(BIN)/python manage.py worker --every 60 & worker=$$!; \
	trap 'kill $$worker $$server 2>/dev/null; wait' EXIT; trap 'exit 0' INT TERM; \
	WEB_CONCURRENCY=$${WEB_CONCURRENCY:-1} $(BIN)/python manage.py serve --stop-within 3 & server=$$!; \
	wait $$server

install: $(VENV)/.development $(VENV)/.static ## install everything for development, and collect the static files

serve: ## serve in production
	@exec $(BIN)/python manage.py serve

# The apps whose statements the engine executes; the others pass the same way in both modes.
ENGINE_TESTS = shop/engine catalog cart orders payments

# Tests start many processes, which load compiled modules faster than they compile them.
test test-next: export PYTHONDONTWRITEBYTECODE =

# One process more than processors, because tests that start servers often wait.
PARALLEL = -n $$(($$(nproc) + 1))

test: $(VENV)/.development ## run all tests on SQLite, and on PostgreSQL with the fast and the plain engine
	@status=0; \
	echo "== SQLite"; env -u DATABASE_URL $(BIN)/python -m pytest -q $(PARALLEL) || status=1; \
	$(BIN)/python -m shop.testing.postgres $(MAKE) --no-print-directory test-postgres || status=1; \
	exit $$status

test-postgres: # on one server, on which the databases of both are copies of one
	@status=0; \
	echo "== PostgreSQL, fast engine"; $(BIN)/python -m pytest -q $(PARALLEL) || status=1; \
	echo "== PostgreSQL, plain engine"; SHOP_ENGINE=plain \
	$(BIN)/python -m pytest -q $(PARALLEL) $(ENGINE_TESTS) || status=1; \
	exit $$status

test-next: $(VENV)/.development ## run all tests on Django 6 and the newest Python found (NEXT=--quick; PYTHON_NEXT=/path/to/python3.13)
	@$(BIN)/python -m shop.testing.next $(NEXT)

# The migrations that lint ignores: unique columns that are new and empty, a unique constraint that
# another one has replaced, and text columns that become longer. The previous release can use all.
lint: $(VENV)/.development ## check style, types, import contracts, migrations, schema and deployment settings
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(lint-types)
	$(BIN)/lint-imports
	$(lint-migrations)
	$(DEVELOPMENT) DEVELOPMENT_APPS=django_migration_linter $(BIN)/python -m shop.testing.postgres \
		$(BIN)/python manage.py lintmigrations --project-root-path . \
		--include-apps accounts catalog cart core orders payments shop_mail shop_integrations --quiet ok ignore --no-cache \
		--ignore-name 0006_unique_skus_and_slugs 0016_longer_texts 0007_longer_names \
		0007_one_cart_per_token 0010_unique_keys_of_users 0011_unique_keys_of_guests \
		0011_unique_numbers 0012_one_live_payment_of_the_whole_order 0015_disputes \
		0015_description_text 0017_index_processing_payments 0025_index_captures
	@$(MAKE) --no-print-directory schema OPENAPI=$$(mktemp -d)/openapi
	$(PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

# Two commands of `make lint`, for the hooks of .pre-commit-config.yaml too.
lint-types = $(DEVELOPMENT) $(BIN)/mypy .
lint-migrations = $(DEVELOPMENT) $(BIN)/python manage.py makemigrations --check --dry-run

lint-types lint-migrations: $(VENV)/.development
	$($@)

client: $(VENV)/.development ## generate and compile the TypeScript client of docs/client, and run its purchase (Node 20)
	@command -v npm >/dev/null || { echo "make client needs Node 20 or newer with npm"; exit 1; }
	cd docs/client && npm ci --no-audit --no-fund --loglevel=error && mkdir -p build
	cd docs/client && npm run --silent generate && npm run --silent build
	$(BIN)/python -m shop.testing.server npm --prefix docs/client run --silent purchase

fuzz: $(VENV)/.development ## test the whole API with schemathesis, in three roles (EXAMPLES=50, SEED=1)
	@$(BIN)/python -m shop.testing.fuzz --examples $${EXAMPLES:-50} --seed $${SEED:-1}

hostile: $(VENV)/.development ## send hostile input to a real server (SECONDS=20, SEED=1, DATABASE=sqlite)
	@$(BIN)/python -m shop.testing.hostile --seconds $(or $(SECONDS),20) --seed $(or $(SEED),1) \
		--database $(or $(DATABASE),postgres)

abuse: $(VENV)/.development ## measure the memory of workers under abuse (SECONDS=30, SEED=1, DATABASE=sqlite)
	@$(BIN)/python -m shop.testing.abuse --seconds $(or $(SECONDS),30) --seed $(or $(SEED),1) \
		--database $(or $(DATABASE),postgres)

carts: $(VENV)/.development ## compare the prices of random carts with a second computation (CARTS=10000, SEED=1)
	@CARTS=$(or $(CARTS),10000) SEED=$(or $(SEED),1) \
		$(BIN)/python -m pytest -q cart/pricing/tests/test_recomputation.py

model: $(VENV)/.development ## compare orders after the sale with a model (OPERATIONS=10000, SEED=1, DATABASE=sqlite, CAPTURE=on_shipment or in_parts)
	@$(BIN)/python -m shop.testing.model --operations $(or $(OPERATIONS),10000) --seed $(or $(SEED),1) \
		--database $(or $(DATABASE),postgres) --capture $(or $(CAPTURE),automatic)

acceptance: $(VENV)/.development ## the long form of carts, model, fuzz, hostile and abuse: about an hour
	@status=0; \
	$(MAKE) carts || status=1; \
	$(MAKE) model || status=1; \
	$(MAKE) model DATABASE=sqlite || status=1; \
	$(MAKE) fuzz EXAMPLES=200 || status=1; \
	$(MAKE) hostile SECONDS=600 || status=1; \
	$(MAKE) hostile SECONDS=600 DATABASE=sqlite || status=1; \
	SHOP_ENGINE=plain $(MAKE) hostile SECONDS=300 || status=1; \
	$(MAKE) abuse SECONDS=600 || status=1; \
	exit $$status

storm: $(VENV)/.development ## load test: five minutes of purchases while workers and PostgreSQL fail (SECONDS=300, SEED=1, DATABASE=sqlite, CAPTURE=in_parts)
	@$(BIN)/python -m shop.testing.storm --seconds $(or $(SECONDS),300) --seed $(or $(SEED),1) \
		--database $(or $(DATABASE),postgres) --capture $(or $(CAPTURE),automatic)

money-storm: $(VENV)/.development ## load test: ten minutes of payments and refunds with a fake Stripe that fails (variables as for storm, CAPTURE=on_shipment)
	@$(BIN)/python -m shop.testing.storm.money --seconds $(or $(SECONDS),600) --seed $(or $(SEED),1) \
		--database $(or $(DATABASE),postgres) --capture $(or $(CAPTURE),automatic)

invoice-storm: $(VENV)/.development ## load test: 200 invoices issued at once by processes that are killed, on PostgreSQL
	@$(BIN)/python -m shop.testing.postgres $(BIN)/python -m shop.testing.invoice_storm

test-rolling: $(VENV)/.development ## load test: the previous release (REV) and this one on one database (SECONDS=120, SEED=1)
	@$(BIN)/python -m shop.testing.storm.rolling --seconds $(or $(SECONDS),120) --seed $(or $(SEED),1) \
		$(if $(REV),--rev $(REV))

bench: $(VENV)/.development ## measure the shop next to reference views (BENCH="--rounds 5 --products 1000 --save")
	@$(BIN)/python -m bench $(BENCH)

bench-search: $(VENV)/.development ## measure which products searches find, and how fast (BENCH="--products 100000 --misses")
	@$(BIN)/python -m bench.search $(BENCH)

bench-against: $(VENV)/.development ## compare the speed with a commit (REV=main ROUNDS=9 SECONDS=1.0 CLIENTS=8 ONLY= ENV_HERE= ENV_THERE= DELAY_MS=0)
	@$(BIN)/python -m bench.against --rev "$(or $(REV),same)" --rounds $(or $(ROUNDS),9) \
		--seconds $(or $(SECONDS),1.0) --clients $(or $(CLIENTS),8) --only "$(ONLY)" \
		--env-here "$(ENV_HERE)" --env-there "$(ENV_THERE)" --delay-ms $(or $(DELAY_MS),0)

bench-rivals: $(VENV)/.development ## measure the shop next to other shops, which it installs first (BENCH="--rounds 5 --save")
	@$(BIN)/python -m bench.rivals $(BENCH)

OPENAPI = docs/openapi
spectacular = $(DEVELOPMENT) $(BIN)/python manage.py spectacular --validate --fail-on-warn

schema: $(VENV)/.development ## update the OpenAPI documents, docs/openapi*.yaml
	$(spectacular) --file $(OPENAPI).yaml
	$(spectacular) --generator-class shop.core.documents.StoreGenerator --file $(OPENAPI)-store.yaml
	$(spectacular) --generator-class shop.core.documents.AdminGenerator --file $(OPENAPI)-admin.yaml

messages: $(VENV)/.development ## add new messages to the translations, and compile them
	@$(BIN)/python -m shop.testing.messages

lock: $(VENV)/.development ## update the lock files
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o requirements.txt requirements.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o requirements-dev.txt requirements-dev.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o requirements-s3.txt requirements-s3.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o requirements-otel.txt requirements-otel.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o requirements-redis.txt requirements-redis.in
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 --upgrade \
		--custom-compile-command "make lock" -o bench/rivals/requirements.txt bench/rivals/requirements.in

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "The shop needs Python 3.11 or newer. Use make PYTHON=/path/to/python3"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.development: requirements-dev.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime

$(VENV)/.static: requirements.txt $(VENV)/.development
	@$(RANDOM_SECRETS) DEBUG=false ALLOWED_HOSTS=localhost $(BIN)/python manage.py collectstatic --noinput --verbosity 0
	@touch $@
