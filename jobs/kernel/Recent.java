package ignicloud.kernel;

import java.util.function.Function;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * What one thread has lately made of values that come again: the people, companies and pages of a night
 * have thousands of rows each. A table of fixed size in which a new value takes the place of an older one;
 * where few values come again, as with row ids, it steps aside for a while and costs nothing.
 */
final class Recent<V> {
  private static final int BITS = 13, WINDOW = 1 << 12, ASIDE = 15 * WINDOW, LONGEST = 256;
  private final UTF8String[] values = new UTF8String[1 << BITS];
  private final Object[] made = new Object[1 << BITS];
  private final Function<UTF8String, V> make;
  private int asked, again, aside;

  Recent(Function<UTF8String, V> make) {
    this.make = make;
  }

  /** What is made of the value: made now, or before. */
  V of(UTF8String value) {
    int slot = slot(value);
    if (slot < 0) return make.apply(value);
    if (!value.equals(values[slot])) {
      made[slot] = make.apply(value);
      values[slot] = value.copy(); // what Spark hands over is only lent
    } else {
      again++;
    }
    @SuppressWarnings("unchecked") V result = (V) made[slot];
    return result;
  }

  /** The place of the value, or -1 while the table steps aside. */
  private int slot(UTF8String value) {
    if (aside > 0) {
      aside--;
      return -1;
    }
    if (value.numBytes() > LONGEST) return -1;
    if (++asked == WINDOW) {
      if (again < WINDOW / 4) aside = ASIDE;
      asked = again = 0;
    }
    return value.hashCode() * 0x9e3779b9 >>> 32 - BITS;
  }
}
