package ignicloud.kernel;

import java.util.Arrays;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.Platform;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Suite, kind, value → the one spelling under which equal identifiers are equal. Null and what is empty
 * after trimming become null; a value that its kind can't read is kept as folded text. Bytes that aren't UTF-8
 * are refused: read as text, different ones would become one.
 */
public final class Normalise extends KernelFunction<UTF8String> {
  private static final UTF8String EXACT = UTF8String.fromString("exact"), UUID = UTF8String.fromString("uuid");
  private static final UTF8String EMAIL = UTF8String.fromString("email");
  private static final int UUID_AS_NUMBER = Platform.getInt(UUID.getBaseObject(), UUID.getBaseOffset());
  private static final int FIRST = 1, CURRENT = 2, UUID_LENGTH = 36;
  /** Of each ASCII character what it is: any, a capital, a small hexadecimal digit, or what an e-mail address is looked at for. */
  private static final byte[] KINDS = new byte[128];
  private static final byte CAPITAL = 1, TELLING = 2, HEXADECIMAL = 4;

  static {
    Arrays.fill(KINDS, 'A', 'Z' + 1, CAPITAL);
    Arrays.fill(KINDS, '0', '9' + 1, HEXADECIMAL);
    Arrays.fill(KINDS, 'a', 'f' + 1, HEXADECIMAL);
    KINDS[':'] = KINDS['>'] = TELLING;
  }

  Normalise() {
    super("normalise", DataTypes.StringType, DataTypes.IntegerType, DataTypes.StringType, DataTypes.StringType);
  }

  public static UTF8String invoke(int suite, UTF8String kind, UTF8String value) {
    if (value == null) return null;
    if (isSpelledAs(kind, value)) return value;
    boolean exact = kind.equals(EXACT), uuid = !exact && kind.equals(UUID), email = !exact && !uuid && kind.equals(EMAIL);
    if ((exact || uuid || email) && value.isFullAscii()) {
      UTF8String plain = plain(value, !exact);
      if (plain == null || exact || suite == FIRST || (uuid ? isUuid(plain) : isBareAddress(plain))) return plain;
    } else if (!value.isValid()) {
      throw new IllegalArgumentException("a text isn't UTF-8; extraction should have refused its column");
    }
    return UTF8String.fromString(normalised(suite, kind.toString(), value.toString()));
  }

  /** ASCII, which NFKC leaves as it is: trimmed, and in lower case if wished; itself when that changes nothing. */
  private static UTF8String plain(UTF8String value, boolean lower) {
    byte[] bytes = value.getBytes();
    int from = 0, to = bytes.length, capitals = 0;
    while (from < to && bytes[from] <= ' ') from++;
    while (to > from && bytes[to - 1] <= ' ') to--;
    if (from == to) return null;
    if (lower) for (int i = from; i < to; i++) capitals += KINDS[bytes[i]] & CAPITAL;
    if (capitals == 0) return to - from == bytes.length ? value : UTF8String.fromBytes(bytes, from, to - from);
    byte[] small = Arrays.copyOfRange(bytes, from, to);
    for (int i = 0; i < small.length; i++) if (KINDS[small[i]] == CAPITAL) small[i] += 'a' - 'A';
    return UTF8String.fromBytes(small);
  }

  /** Seen at a glance, and nearly always: it is its own spelling under either suite. Nothing is copied. */
  private static boolean isSpelledAs(UTF8String kind, UTF8String value) {
    return isKindOfUuid(kind) ? isUuid(value) : kind.equals(EXACT) && isTrimmedAscii(value);
  }

  /** Four letters are one number. */
  private static boolean isKindOfUuid(UTF8String kind) {
    return kind.numBytes() == Integer.BYTES && Platform.getInt(kind.getBaseObject(), kind.getBaseOffset()) == UUID_AS_NUMBER;
  }

  private static boolean isTrimmedAscii(UTF8String text) {
    int length = text.numBytes(), all = 0;
    if (length == 0 || text.getByte(0) <= ' ' || text.getByte(length - 1) <= ' ') return false;
    for (int i = 0; i < length; i++) all |= text.getByte(i);
    return all >= 0;
  }

  /** Whether it is RFC 9562's form already, in small letters; counted, for a jump at each digit is guessed wrong half the time. */
  private static boolean isUuid(UTF8String text) {
    if (text.numBytes() != UUID_LENGTH) return false;
    int digits = 0, all = 0;
    for (int i = 0; i < UUID_LENGTH; i++) {
      byte c = text.getByte(i);
      all |= c;
      digits += KINDS[c & 127] & HEXADECIMAL;
    }
    return all >= 0 && digits == (UUID_LENGTH - 4) * HEXADECIMAL
        && text.getByte(8) == '-' && text.getByte(13) == '-' && text.getByte(18) == '-' && text.getByte(23) == '-';
  }

  /** Whether no rule for addresses can change it: no {@code mailto:}, no brackets, no A-label, no dot at its end. */
  private static boolean isBareAddress(UTF8String text) {
    int length = text.numBytes();
    byte before = 0;
    for (int i = 0; i < length; i++) {
      byte c = text.getByte(i);
      if (KINDS[c] == TELLING || c == '-' && before == '-') return false;
      before = c;
    }
    return before != '.';
  }

  /** Any text, of any kind, in today's spelling. */
  static String normalised(String kind, String value) {
    return normalised(CURRENT, kind, value);
  }

  private static String normalised(int suite, String kind, String value) {
    switch (suite) {
      case FIRST: return FirstSpelling.of(kind, value);
      case CURRENT: return Spelling.of(kind, value);
      default: throw new IllegalArgumentException("no such suite");
    }
  }
}
