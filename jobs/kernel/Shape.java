package ignicloud.kernel;

import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Cell → the shape of the token or encrypted address that it is from end to end, as in
 * policy/shapes.py: {@code usr_32}, {@code ip4_8}. Empty for anything else; null stays null.
 */
public final class Shape extends KernelFunction<UTF8String> {
  private static final UTF8String NONE = UTF8String.fromString("");

  Shape() {
    super("shape", DataTypes.StringType, DataTypes.StringType);
  }

  public static UTF8String invoke(UTF8String cell) {
    if (cell == null) return null;
    Tokens.Kind kind = Tokens.whole(cell);
    return kind == null ? NONE : kind.shape;
  }
}
