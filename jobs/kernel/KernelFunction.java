package ignicloud.kernel;

import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;

/**
 * A function of the kernel. Each has a public static {@code invoke} that takes and gives Spark's own
 * values: the code that Spark generates calls it as it stands, once a cell, and converts nothing. Spark
 * finds it by its name and types (see {@link ScalarFunction}, "static invoke").
 */
abstract class KernelFunction<R> implements UnboundFunction, ScalarFunction<R> {
  private final String name;
  private final DataType result;
  private final DataType[] inputs;

  KernelFunction(String name, DataType result, DataType... inputs) {
    this.name = name;
    this.result = result;
    this.inputs = inputs;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final String description() {
    return "ignicloud." + name;
  }

  @Override
  public final String canonicalName() {
    return "ignicloud." + name;
  }

  @Override
  public final BoundFunction bind(StructType types) {
    if (types.length() != inputs.length) throw new UnsupportedOperationException(description() + " takes " + inputs.length);
    return this;
  }

  @Override
  public final DataType[] inputTypes() {
    return inputs.clone();
  }

  @Override
  public final DataType resultType() {
    return result;
  }
}
