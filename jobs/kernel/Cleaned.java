package ignicloud.kernel;

import java.text.Normalizer;
import java.util.List;
import java.util.Locale;

/**
 * Text as it is seen: NFKC, with Western digits, without invisible characters; and the spelling in which texts are
 * compared, in which case, accents and lookalike letters make no difference.
 */
final class Cleaned {
  /** Letters of other scripts that look like Latin ones, and the Latin ones (from Unicode TR 39). */
  private static final String LOOKALIKE = "аеорсухіјѕһԁԛԝкмтвнοανρτικυχ\u0261\u0131ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ";
  private static final String LATIN = "aeopcyxijshdqwkmtbhoavptikuxgiabcdefghijklmnoprstuvwyz";

  private Cleaned() {}

  /** Every view in which the cell is searched, different ones only; the first is the cell as it stands. */
  static List<String> views(String cell) {
    return Views.of(cell);
  }

  /** NFKC with Western digits, any space as a blank, invisible characters gone; case kept. */
  static String visible(String text) {
    if (isPlainAscii(text)) return text;
    StringBuilder visible = new StringBuilder(text.length());
    Normalizer.normalize(text, Normalizer.Form.NFKC).codePoints().map(Cleaned::untagged).filter(c -> !isInvisible(c)).forEach(c -> {
      if (Character.isSpaceChar(c)) visible.append(' ');
      else if (Character.getType(c) == Character.DECIMAL_DIGIT_NUMBER) visible.append((char) ('0' + Character.digit(c, 10)));
      else visible.appendCodePoint(c);
    });
    return visible.toString();
  }

  /** Tag characters are invisible copies of ASCII: they are read as what they copy. */
  private static int untagged(int c) {
    return c > 0xe0020 && c < 0xe007f ? c - 0xe0000 : c;
  }

  private static boolean isInvisible(int c) {
    return Character.getType(c) == Character.FORMAT || c == 0x00ad || c == 0x034f || c == 0x115f || c == 0x1160
        || c == 0x17b4 || c == 0x17b5 || c == 0x3164 || c == 0xffa0 || c >= 0xfe00 && c <= 0xfe0f || c >= 0xe0100 && c <= 0xe01ef;
  }

  /** Lower case without accents, lookalikes as what they look like: the spelling in which texts are compared. */
  static String folded(String text) {
    if (isPlainAscii(text)) return text.toLowerCase(Locale.ROOT);
    String parts = Normalizer.normalize(caseless(text), Normalizer.Form.NFKD);
    StringBuilder plain = new StringBuilder(parts.length());
    for (int i = 0; i < parts.length(); i++) {
      char c = parts.charAt(i);
      if (Character.getType(c) == Character.NON_SPACING_MARK) continue;
      int lookalike = c < 256 ? -1 : LOOKALIKE.indexOf(c);
      switch (c) {
        case 'æ': plain.append("ae"); break;
        case 'œ': plain.append("oe"); break;
        case 'ø': plain.append('o'); break;
        case 'ł': plain.append('l'); break;
        case 'đ': plain.append('d'); break;
        default: plain.append(lookalike < 0 ? c : LATIN.charAt(lookalike));
      }
    }
    return plain.toString();
  }

  /** Without case, as nearly as Unicode's full case folding is: {@code ß} is {@code ss}, a final {@code ς} a {@code σ}. */
  static String caseless(String text) {
    return text.toUpperCase(Locale.ROOT).toLowerCase(Locale.ROOT).replace('ς', 'σ');
  }

  private static boolean isPlainAscii(String text) {
    for (int i = 0; i < text.length(); i++) if (text.charAt(i) >= 127) return false;
    return true;
  }
}
