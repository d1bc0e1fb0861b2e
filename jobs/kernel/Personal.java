package ignicloud.kernel;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Cell → whether any view of its beginning has the shape of a personal identifier, see {@link Patterns}; null
 * gives false. Of long cells the index keeps the beginning, too, and strangers write ten thousand characters.
 */
public final class Personal extends KernelFunction<Boolean> {
  private static final int LONGEST = 256;

  Personal() {
    super("personal", DataTypes.BooleanType, DataTypes.StringType);
  }

  public static boolean invoke(UTF8String cell) {
    if (cell == null) return false;
    for (String view : Cleaned.views(cell.substring(0, LONGEST).toString())) if (Patterns.find(view) != 0) return true;
    return false;
  }
}
