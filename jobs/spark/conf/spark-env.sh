# Sourced by spark-submit: what holds for every Spark step unless a cluster's own SPARK_CONF_DIR says otherwise.
ulimit -c 0 # a dump of the process would hold keys and raw values
conf=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=${conf%/jobs/spark/conf}/.build
SPARK_LAUNCHER_OPTS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
# Silent, without a UI, with few tasks a shuffle and a collector that needs no threads of its own. Said later
# wins, so what SPARK_SUBMIT_OPTS held before stays stronger.
SPARK_SUBMIT_OPTS="-XX:+UseSerialGC -Dspark.ui.enabled=false -Dspark.eventLog.enabled=false -Dspark.sql.shuffle.partitions=8 \
\"-Dlog4j2.configurationFile=file:$conf/log4j2.properties\" $SPARK_SUBMIT_OPTS"
# The class archive that set-up makes (jobs/spark/class_archive.py). The JVM takes it only for the very class
# path that it was made for, in which a folder with files isn't allowed: hence the empty one. An archive
# that doesn't fit is passed over in silence, and the step only starts slower.
if [ -f "$build/spark.jsa" ] && [ -d "$build/no-conf" ]; then
  SPARK_SUBMIT_OPTS="\"-XX:SharedArchiveFile=$build/spark.jsa\" -Xlog:disable -Xlog:all=error:stderr $SPARK_SUBMIT_OPTS"
  SPARK_CONF_DIR=$build/no-conf
fi
