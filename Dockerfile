# Two images from one file: `suite` runs Airflow, the jobs and Spark's daemons; `analysts` reads what is
# published. Neither has a compiler, a package installer or a secret, and neither starts as root.
#
#   docker build --target suite --tag ignicloud-suite .
#
# UID and GID own the zones of the lake. Compose's file secrets keep their owner on the host, so
# `make cluster-up` builds with the user's own numbers.

FROM debian:bookworm-slim AS runtime
ARG UID=10001
ARG GID=10001
ENV LANG=C.UTF-8 \
    PATH=/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3 >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --non-unique --gid "$GID" lake \
 && useradd --no-log-init --non-unique --uid "$UID" --gid lake --home-dir /opt/home --create-home suite

# -- build: everything that only a build needs stays in this stage ------------------------------------

FROM runtime AS installer
ENV PYTHONDONTWRITEBYTECODE= PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends python3-venv >/dev/null \
 && python3 -m venv /opt/venv

FROM installer AS suite-build
COPY requirements.txt /tmp/
RUN pip install --quiet --no-deps --require-hashes -r /tmp/requirements.txt && pip uninstall --quiet --yes pip
RUN apt-get install -y -qq --no-install-recommends openjdk-17-jdk-headless >/dev/null
WORKDIR /opt/ignicloud
COPY policy policy
COPY console console
COPY expectations expectations
COPY jobs jobs
COPY plugins plugins
COPY dags dags
COPY demo demo
COPY cluster cluster
RUN python -m jobs.kernel.build >/dev/null && python -m compileall -q . \
 && install -D -m 0644 jobs/spark/conf/log4j2.properties spark/log4j2.properties && touch spark/spark-defaults.conf

FROM installer AS analysts-build
COPY cluster/analysts.txt /tmp/
RUN pip install --quiet --no-deps --require-hashes -r /tmp/analysts.txt && pip uninstall --quiet --yes pip

# -- suite --------------------------------------------------------------------------------------------

FROM runtime AS suite
ARG UID=10001
ARG GID=10001
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends openjdk-17-jre-headless >/dev/null \
 && rm -rf /var/lib/apt/lists/* \
 && install -d -o "$UID" -g "$GID" -m 0750 /lake /lake/published \
 && install -d -o "$UID" -g "$GID" -m 0755 /lake/ledger \
 && install -d -o "$UID" -g "$GID" -m 0700 /lake/landing /lake/staged /lake/quarantine /keys /logs /var/spark /var/events
COPY --from=suite-build /opt/venv /opt/venv
COPY --from=suite-build /opt/ignicloud /opt/ignicloud
ENV AIRFLOW_HOME=/opt/airflow \
    PYSPARK_PYTHON=/opt/venv/bin/python \
    PYTHONPATH=/opt/ignicloud:/opt/ignicloud/plugins \
    SPARK_CONF_DIR=/opt/ignicloud/spark \
    SPARK_HOME=/opt/venv/lib/python3.11/site-packages/pyspark
# A tmpfs takes the mode of the folder that it hides; without one, a container that is started again can't write there.
RUN install -d -m 1777 /opt/airflow
WORKDIR /opt/ignicloud
USER suite
ENTRYPOINT ["/bin/sh", "/opt/ignicloud/cluster/entrypoint"]

# -- analysts: another user, who is in the lake's group -----------------------------------------------

FROM runtime AS analysts
RUN useradd --no-log-init --non-unique --uid 10002 --gid lake --home-dir /notebooks --no-create-home analyst
COPY --from=analysts-build /opt/venv /opt/venv
RUN install -d -m 1777 /notebooks
ENV HOME=/notebooks
USER analyst
CMD ["jupyter", "lab", "--ip=0.0.0.0", "--no-browser", "--ServerApp.root_dir=/notebooks"]
