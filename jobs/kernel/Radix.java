package ignicloud.kernel;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Letters and digits to bytes: base64 and hex (RFC 4648), base32, base58 (Bitcoin), base85 (Adobe, RFC 1924), lists of numbers. */
final class Radix {
  private static final String BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", BASE32_HEX = "0123456789ABCDEFGHIJKLMNOPQRSTUV";
  private static final String CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  private static final String BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  private static final String BASE85 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~";
  private static final int LONGEST_58 = 128;

  private Radix() {}

  static int sextet(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
  }

  static byte[] base64(String text, int from, int to) {
    byte[] bytes = new byte[(to - from) * 6 / 8];
    int held = 0, bits = 0, at = 0;
    for (int i = from; i < to; i++) {
      held = held << 6 | sextet(text.charAt(i));
      bits += 6;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (byte) (held >> bits);
      }
    }
    return bytes;
  }

  static boolean isHex(String text, int at) {
    return Character.digit(text.charAt(at), 16) >= 0;
  }

  static byte[] hex(String text, int from, int to) {
    byte[] bytes = new byte[(to - from) / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (Character.digit(text.charAt(from + 2 * i), 16) << 4 | Character.digit(text.charAt(from + 2 * i + 1), 16));
    }
    return bytes;
  }

  /** Numbers up to 255 as bytes; none at all if one is greater. */
  static byte[] numbers(String[] numbers, int radix) {
    byte[] bytes = new byte[numbers.length];
    for (int i = 0; i < numbers.length; i++) {
      int n = Integer.parseInt(numbers[i], radix);
      if (n > 255) return new byte[0];
      bytes[i] = (byte) n;
    }
    return bytes;
  }

  /** A number in two's complement, in so many bytes. */
  static byte[] padded(BigInteger value, int size) {
    byte[] bytes = new byte[size], raw = value.toByteArray();
    if (value.signum() < 0) java.util.Arrays.fill(bytes, (byte) -1);
    for (int i = 1; i <= Math.min(size, raw.length); i++) bytes[size - i] = raw[raw.length - i];
    return bytes;
  }

  /** What a word is in each alphabet that has all its letters. */
  static List<byte[]> words(String word) {
    List<byte[]> found = new ArrayList<>();
    String plain = word.replaceAll("^[\"'(<\\[{]+|=*[\"'),.;:>\\]}]*$", ""), capital = plain.toUpperCase(Locale.ROOT);
    for (String alphabet : new String[] {BASE32, BASE32_HEX, CROCKFORD}) add(found, base32(capital, alphabet));
    add(found, base58(plain));
    add(found, base85(word.startsWith("<~") ? word.replaceAll("^<~|~>$", "") : word, null));
    add(found, base85(word, BASE85));
    return found;
  }

  private static void add(List<byte[]> found, byte[] bytes) {
    if (bytes != null && bytes.length > 0) found.add(bytes);
  }

  private static byte[] base32(String word, String alphabet) {
    byte[] bytes = new byte[word.length() * 5 / 8];
    int held = 0, bits = 0, at = 0;
    for (int i = 0; i < word.length(); i++) {
      int value = alphabet.indexOf(word.charAt(i));
      if (value < 0) return null;
      held = held << 5 | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        bytes[at++] = (byte) (held >> bits);
      }
    }
    return bytes;
  }

  private static byte[] base58(String word) {
    if (word.length() > LONGEST_58) return null;
    BigInteger value = BigInteger.ZERO;
    for (int i = 0; i < word.length(); i++) {
      int digit = BASE58.indexOf(word.charAt(i));
      if (digit < 0) return null;
      value = value.multiply(BigInteger.valueOf(58)).add(BigInteger.valueOf(digit));
    }
    int zeros = 0;
    while (zeros < word.length() && word.charAt(zeros) == '1') zeros++;
    return value.signum() == 0 ? null : padded(value, zeros + (value.bitLength() + 7) / 8);
  }

  /** Five letters for four bytes, a short last group filled up; without an alphabet the letters from {@code !} on. */
  private static byte[] base85(String word, String alphabet) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int from = 0; from < word.length(); from += 5) {
      int length = Math.min(5, word.length() - from);
      if (length == 1) return null;
      long value = 0;
      for (int i = 0; i < 5; i++) {
        int digit = i >= length ? 84 : alphabet == null ? word.charAt(from + i) - '!' : alphabet.indexOf(word.charAt(from + i));
        if (digit < 0 || digit > 84) return null;
        value = value * 85 + digit;
      }
      if (value >> 32 != 0) return null;
      for (int i = 0; i < length - 1; i++) bytes.write((int) (value >> 24 - 8 * i));
    }
    return bytes.toByteArray();
  }
}
