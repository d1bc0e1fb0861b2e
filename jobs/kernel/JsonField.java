package ignicloud.kernel;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.apache.spark.sql.catalyst.expressions.json.GetJsonObjectEvaluator;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Path, JSON text → what Spark's own {@code get_json_object} makes of it, and by Spark's own code: null when the field isn't
 * there or the text is no JSON; null stays null. A night's details are a few words said again and again, so a thread keeps
 * what it has lately read: to read them anew in each row is a sixth of what is made of landing.
 */
public final class JsonField extends KernelFunction<UTF8String> {
  private static final Own<Map<UTF8String, Recent<UTF8String>>> READ = new Own<>();

  JsonField() {
    super("json_field", DataTypes.StringType, DataTypes.StringType, DataTypes.StringType);
  }

  public static UTF8String invoke(UTF8String path, UTF8String text) {
    if (text == null) return null;
    Map<UTF8String, Recent<UTF8String>> read = READ.get();
    if (read == null) read = READ.set(new HashMap<>());
    Recent<UTF8String> values = read.get(path);
    if (values == null) {
      values = new Recent<>(reading(path.copy()));
      read.put(path.copy(), values);
    }
    return values.of(text);
  }

  private static Function<UTF8String, UTF8String> reading(UTF8String path) {
    GetJsonObjectEvaluator evaluator = new GetJsonObjectEvaluator(path);
    return text -> {
      evaluator.setJson(text);
      return (UTF8String) evaluator.evaluate();
    };
  }
}
