package ignicloud.kernel;

import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.api.java.UDF4;

/**
 * Key, class, unset field key, value → the fingerprints under which the gate's index knows one
 * identifier: as a whole word or words, as a substring where it is long and distinctive, and as what
 * hashing it without a key gives, unless the unset field key is null. A null value gives none.
 */
public final class Identifier implements UDF4<byte[], String, byte[], String, List<Long>> {
  static final int ANCHOR = 8, LONGEST = 64;
  private static final Set<String> RANDOM = Set.of("event", "object", "session", "invoice", "contract", "cookie");
  private static final int SHORTEST_NAME = 3, SHORTEST_WORD = 5, SHORTEST_NUMBER = 8;
  private static final int SHORTEST_FULL_NAME = 10, LONG_NAME = 16, LOCAL_PART = 9, SUBSCRIBER = 9;
  private static final Normalise NORMALISE = new Normalise();

  @Override
  public List<Long> call(byte[] key, String identifier, byte[] unset, String value) {
    List<Long> found = new ArrayList<>();
    if (value == null || value.isBlank()) return found;
    Fingerprint fingerprint = new Fingerprint(key);
    boolean name = identifier.endsWith("name");
    for (String spelling : spellings(identifier, value)) add(fingerprint, identifier, name, spelling, found);
    if (unset == null) return found;
    for (String form : hashed(identifier, value)) {
      if (form.length() >= SHORTEST_NAME) {
        Digests.of(form, unset, (kind, first) -> found.add(fingerprint.of(Fingerprint.DIGEST + kind.ordinal(), 8, first)));
      }
    }
    return found;
  }

  /** What somebody would put into a hash; of ids that the platform draws at random, just the id. */
  private static Set<String> hashed(String identifier, String value) {
    Set<String> forms = new LinkedHashSet<>();
    forms.add(value);
    if (RANDOM.contains(identifier)) return forms;
    forms.add(value.strip());
    forms.add(value.strip().toLowerCase(Locale.ROOT));
    forms.add(Cleaned.visible(value).strip().toLowerCase(Locale.ROOT));
    forms.add(compact(value));
    String normalised = NORMALISE.call(normalisation(identifier), value);
    if (normalised != null) forms.add(normalised);
    return forms;
  }

  private static String normalisation(String identifier) {
    switch (identifier) {
      case "email": case "phone": case "address": return identifier;
      case "person": case "company": return "uuid";
      default: return "exact";
    }
  }

  /** An e-mail is also its local part, a phone number its last nine digits, an address a number. */
  private static Set<String> spellings(String identifier, String value) {
    Set<String> forms = new LinkedHashSet<>();
    byte[] address = identifier.equals("address") ? Address.parse(value.strip()) : null;
    if (address != null) {
      String hex = HexFormat.of().formatHex(address);
      forms.add(hex);
      forms.add(address.length == 4 ? String.valueOf(Long.parseLong(hex, 16)) : compact(Address.canonical(address)));
      return forms;
    }
    forms.add(compact(value));
    int at = value.indexOf('@');
    if (at > 0 && compact(value.substring(0, at)).length() >= LOCAL_PART) forms.add(compact(value.substring(0, at)));
    if (identifier.equals("phone")) {
      String digits = value.replaceAll("\\D", "");
      if (digits.length() > SUBSCRIBER) forms.add(digits.substring(digits.length() - SUBSCRIBER));
    }
    return forms;
  }

  private static String compact(String value) {
    Compact form = new Compact(Cleaned.folded(Cleaned.visible(value)));
    return new String(form.chars, 0, Math.min(form.length, LONGEST));
  }

  private static void add(Fingerprint fingerprint, String identifier, boolean name, String form, List<Long> to) {
    char[] chars = form.toCharArray();
    if (chars.length < (name ? SHORTEST_NAME : SHORTEST_WORD)) return;
    if (chars.length < SHORTEST_NUMBER && form.chars().allMatch(c -> c >= '0' && c <= '9')) return; // any count could be it
    long whole = fingerprint.whole(chars, chars.length);
    to.add(fingerprint.of(name ? Fingerprint.NAME : Fingerprint.WORD, chars.length, whole));
    if (isSubstring(identifier, form)) {
      to.add(fingerprint.of(Fingerprint.FULL, chars.length, whole));
      to.add(fingerprint.of(Fingerprint.ANCHOR, ANCHOR, fingerprint.whole(chars, ANCHOR)));
    }
  }

  /** Searched inside longer words: what is long and distinctive; a name or street only when very long. */
  static boolean isSubstring(String identifier, String form) {
    switch (identifier) {
      case "first_name": case "family_name": case "company_name": case "street": return form.length() >= LONG_NAME;
      case "address": return form.length() >= 2 * ANCHOR;
      case "full_name": return form.length() >= SHORTEST_FULL_NAME;
      default: return form.length() >= ANCHOR && form.chars().anyMatch(c -> c >= '0' && c <= '9') || form.length() >= 12;
    }
  }
}
