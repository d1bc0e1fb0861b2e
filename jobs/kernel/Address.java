package ignicloud.kernel;

/** IP addresses as text: RFC 4291 in, RFC 5952 out. An IPv4-mapped IPv6 address is the IPv4 address. */
final class Address {
  private Address() {}

  /** 4 or 16 bytes, or null when the text is no address. Never asks a name server. */
  static byte[] parse(String text) {
    String s = text;
    if (s.startsWith("[") && s.endsWith("]")) s = s.substring(1, s.length() - 1);
    int zone = s.indexOf('%');
    return bare(zone < 0 ? s : s.substring(0, zone));
  }

  /**
   * The same of an address as logs and gateways write it: with a port, in brackets or quotes (RFC 7239), with the
   * zone of an IPv6 address (RFC 4007), or with a mask of all bits, as PostgreSQL writes {@code inet}.
   */
  static byte[] read(String text) {
    boolean quoted = text.length() > 1 && text.startsWith("\"") && text.endsWith("\"");
    String s = quoted ? text.substring(1, text.length() - 1) : text;
    if (s.startsWith("[")) {
      int closed = s.indexOf(']');
      return closed > 0 && (closed == s.length() - 1 || isPort(s, closed + 1)) ? zoned(s.substring(1, closed)) : null;
    }
    int colon = s.indexOf(':');
    if (colon >= 0 && s.indexOf(':', colon + 1) < 0) return isPort(s, colon) ? v4(s.substring(0, colon)) : null;
    String mask = colon < 0 ? "/32" : "/128";
    return zoned(s.endsWith(mask) ? s.substring(0, s.length() - mask.length()) : s);
  }

  private static byte[] zoned(String s) {
    int zone = s.indexOf(':') < 0 ? -1 : s.indexOf('%');
    if (zone < 0) return bare(s);
    return zone < s.length() - 1 ? bare(s.substring(0, zone)) : null;
  }

  private static boolean isPort(String s, int colon) {
    if (s.charAt(colon) != ':') return false;
    return colon == s.length() - 1 || number(s.substring(colon + 1), 10, 5) >= 0 && number(s.substring(colon + 1), 10, 5) <= 65535;
  }

  /** An address and nothing else; null when the text is any more, or less. */
  static byte[] bare(String s) {
    byte[] bytes = s.indexOf(':') < 0 ? v4(s) : v6(s);
    return bytes != null && bytes.length == 16 && isMapped(bytes) ? java.util.Arrays.copyOfRange(bytes, 12, 16) : bytes;
  }

  private static boolean isMapped(byte[] bytes) {
    for (int i = 0; i < 10; i++) if (bytes[i] != 0) return false;
    return bytes[10] == (byte) 0xff && bytes[11] == (byte) 0xff;
  }

  private static byte[] v4(String s) {
    String[] parts = s.split("\\.", -1);
    if (parts.length != 4) return null;
    byte[] bytes = new byte[4];
    for (int i = 0; i < 4; i++) {
      int n = number(parts[i], 10, 3);
      if (n < 0 || n > 255) return null;
      bytes[i] = (byte) n;
    }
    return bytes;
  }

  private static byte[] v6(String s) {
    int gap = s.indexOf("::");
    if (gap >= 0 && s.indexOf("::", gap + 1) >= 0) return null;
    byte[] head = groups(gap < 0 ? s : s.substring(0, gap), gap < 0);
    byte[] tail = groups(gap < 0 ? "" : s.substring(gap + 2), true);
    if (head == null || tail == null) return null;
    int length = head.length + tail.length;
    if (gap < 0 ? length != 16 : length > 14) return null;
    byte[] bytes = new byte[16];
    System.arraycopy(head, 0, bytes, 0, head.length);
    System.arraycopy(tail, 0, bytes, 16 - tail.length, tail.length);
    return bytes;
  }

  /** {@code atEnd}: these are the address's last groups, where an IPv4 address may stand for two. */
  private static byte[] groups(String s, boolean atEnd) {
    if (s.isEmpty()) return new byte[0];
    String[] parts = s.split(":", -1);
    byte[] last = atEnd && parts[parts.length - 1].indexOf('.') >= 0 ? v4(parts[parts.length - 1]) : null;
    int plain = last == null ? parts.length : parts.length - 1;
    byte[] bytes = new byte[plain * 2 + (last == null ? 0 : 4)];
    if (bytes.length > 16) return null;
    for (int i = 0; i < plain; i++) {
      int n = number(parts[i], 16, 4);
      if (n < 0) return null;
      bytes[2 * i] = (byte) (n >> 8);
      bytes[2 * i + 1] = (byte) n;
    }
    if (last != null) System.arraycopy(last, 0, bytes, plain * 2, 4);
    return bytes;
  }

  private static int number(String digits, int radix, int longest) {
    if (digits.isEmpty() || digits.length() > longest) return -1;
    int n = 0;
    for (int i = 0; i < digits.length(); i++) {
      char c = digits.charAt(i);
      int d = c < 128 ? Character.digit(c, radix) : -1;
      if (d < 0) return -1;
      n = n * radix + d;
    }
    return n;
  }

  static String canonical(byte[] bytes) {
    return bytes.length == 4 ? canonical4(bytes) : canonical6(bytes);
  }

  private static String canonical4(byte[] b) {
    return (b[0] & 255) + "." + (b[1] & 255) + "." + (b[2] & 255) + "." + (b[3] & 255);
  }

  private static String canonical6(byte[] b) {
    int[] groups = new int[8];
    for (int i = 0; i < 8; i++) groups[i] = (b[2 * i] & 255) << 8 | (b[2 * i + 1] & 255);
    int from = -1, length = 1;
    for (int i = 0; i < 8; i++) {
      int j = i;
      while (j < 8 && groups[j] == 0) j++;
      if (j - i > length) { from = i; length = j - i; }
      if (j > i) i = j - 1;
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 8; i++) {
      if (i == from) { text.append("::"); i += length - 1; continue; }
      if (text.length() > 0 && text.charAt(text.length() - 1) != ':') text.append(':');
      text.append(Integer.toHexString(groups[i]));
    }
    return text.toString();
  }
}
