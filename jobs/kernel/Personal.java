package ignicloud.kernel;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/** Cell → whether any view of it has the shape of a personal identifier, see {@link Patterns}; null gives false. */
public final class Personal extends KernelFunction<Boolean> {
  Personal() {
    super("personal", DataTypes.BooleanType, DataTypes.StringType);
  }

  public static boolean invoke(UTF8String cell) {
    if (cell == null) return false;
    for (String view : Cleaned.views(cell.toString())) if (Patterns.find(view) != 0) return true;
    return false;
  }
}
