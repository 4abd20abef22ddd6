# One entry for people and for CI. `make help` lists what there is.
SHELL := /bin/bash
export JAVA_HOME := $(shell ./.mvn/find-jdk)
MVN := mvn -B -ntp
SOURCES := $(shell find . \( -name target -o -name .git \) -prune -o \( -name '*.java' -o -name '*.proto' -o -name pom.xml -o -path '*/src/main/resources/*' \) -type f -print)
BUILT := target/built

# How long to soak.
MINUTES := 60

# What images stand on; on a machine without a registry docker://NAME or tar://FILE.
BASE := eclipse-temurin:25-jre
# buildTar: target/images/*.tar; dockerBuild: into Docker on this machine; build: push to REPOSITORY.
TARGET := buildTar
REPOSITORY := podpool

.PHONY: help jdk build demo test verify bench soak images chart chart-test e2e format clean

help: ## what there is
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

jdk:
	@test -n "$(JAVA_HOME)" || { echo "No JDK 25 found: install one (Temurin 25, for example) and set JAVA_HOME, or put it beside the default JDK." >&2; exit 1; }
	@command -v mvn >/dev/null || { echo "No Maven found: install Maven 3.8.7 or later." >&2; exit 1; }

build: jdk $(BUILT) ## compiles everything

$(BUILT): $(SOURCES)
	@echo "building (a few minutes the first time: dependencies are fetched) …"
	$(MVN) -q package -DskipTests
	@cli/train >/dev/null 2>&1
	@mkdir -p $(@D) && touch $@

demo: build ## indexes real files on a pool of four worker processes, and kills one of them and the queue
	@"$(JAVA_HOME)/bin/java" -Djdk.console=java.base -Dslf4j.internal.verbosity=ERROR --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Dpodpool.jvm.flags=-XX:TieredStopAtLevel=1 -cp "examples/target/classes:$$(cat examples/target/classpath.txt)" dev.podpool.examples.index.IndexDemo examples/index/pool.yaml .

test: jdk ## format, static checks, unit, seeded and integration tests
	$(MVN) -T 2 verify

verify: test ## everything that must hold before a push

bench: build ## Podpool, durable and local, beside CPython's Pool and Manager (needs python3) and Redis (redis-server), in one run; FIGURES="trip lock" for some
	@"$(JAVA_HOME)/bin/java" -cp "benchmarks/target/classes:$$(cat benchmarks/target/classpath.txt)" dev.podpool.benchmarks.Bench benchmarks/cpython_pool.py benchmarks/target/results.json $(FIGURES)

soak: jdk ## three replicas under mixed load, with faults at random, for MINUTES=60; prints what was lost and doubled
	$(MVN) -q verify -pl queue-server/boot -am -Dload.excluded= -Dtest=SoakTest -Dsoak.minutes=$(MINUTES) $(if $(SEED),-Dsoak.seed=$(SEED)) -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip

images: jdk ## operator, queue, worker, cli and examples as images; BASE=docker://NAME to stand on, TARGET=buildTar|dockerBuild|build, REPOSITORY=host/path to push to
	$(MVN) -q package jib:$(TARGET) -DskipTests -Dspotless.check.skip -Dimage.base=$(BASE) -Dimage.repository=$(REPOSITORY) -pl operator/cluster,queue-server/boot,worker,cli,examples -am
	@test $(TARGET) != buildTar || du -h target/images/*.tar

chart: ## the chart as target/chart/podpool-VERSION.tgz (needs Helm)
	@command -v helm >/dev/null || { echo "No Helm found: install Helm 3.14 or later." >&2; exit 1; }
	helm package helm/podpool --destination target/chart

chart-test: ## the chart: its unit tests, and an installation on an API server; says what is missing for that
	@helm/check

e2e: jdk ## Podpool on a real kind cluster (needs docker, kind, kubectl, helm); CONTEXT=kind-NAME, SCENARIOS=FaultsTest#nodeStops, BASE= as for images
	@CONTEXT="$(CONTEXT)" SCENARIOS="$(SCENARIOS)" NODE_IMAGE="$(NODE_IMAGE)" BASE="$(BASE)" e2e/run

format: jdk ## formats the sources
	$(MVN) -q spotless:apply

clean: jdk ## removes what was built
	$(MVN) -q clean
