package ignicloud.kernel;

import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.regex.Pattern;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.SecretKeySpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * Key, what to keep, which of a list, address → prefix-preserving encryption (Crypto-PAn; Xu, Fan, Ammar, Moon 2002) in
 * modhex: two addresses share exactly as many leading bits after it as before it. IPv4 gives
 * {@code ip4_} and 8 letters, of which the first 6 are the /24; IPv6 gives {@code ip6_} and 32, of which
 * the first 16 are the /64. With {@code network} only those first letters are kept. Null, and what is
 * no address, gives null: the original never passes. Of a list (as in {@code X-Forwarded-For}) the {@code first}
 * or {@code last} is read, or none; empty members are none. No exception carries the address or the key.
 *
 * <p>The key has 64 bytes: 32 for IPv4, 32 for IPv6, each as Crypto-PAn's own (16 bytes of AES key, 16
 * bytes that are encrypted into the pad). So neither family says anything about the other.
 */
public final class Network extends KernelFunction<UTF8String> {
  private static final UTF8String NETWORK = UTF8String.fromString("network");
  private static final UTF8String FIRST = UTF8String.fromString("first"), LAST = UTF8String.fromString("last");
  private static final Pattern BETWEEN = Pattern.compile("[,\\s]+");
  private static final Own<Keyed> KEYED = new Own<>();

  Network() {
    super("network", DataTypes.StringType,
        DataTypes.BinaryType, DataTypes.StringType, DataTypes.StringType, DataTypes.StringType);
  }

  /** One key, what is kept of an address, and which one of a list; a thread's own. */
  private static final class Keyed {
    private final byte[] key;
    private final UTF8String keep, ofList;
    private final CryptoPan four, six;
    final Recent<UTF8String> encrypted = new Recent<>(this::encrypted);

    Keyed(byte[] key, UTF8String keep, UTF8String ofList) throws GeneralSecurityException {
      this.key = key.clone();
      this.keep = keep.copy();
      this.ofList = ofList.copy();
      four = new CryptoPan(key, 0);
      six = new CryptoPan(key, 32);
    }

    boolean is(byte[] key, UTF8String keep, UTF8String ofList) {
      return this.keep.equals(keep) && this.ofList.equals(ofList) && Arrays.equals(this.key, key);
    }

    private UTF8String encrypted(UTF8String value) {
      byte[] address = chosen(value.toString());
      if (address == null) return null;
      byte[] encrypted = (address.length == 4 ? four : six).encrypt(address);
      int kept = keep.equals(NETWORK) ? (address.length == 4 ? 3 : 8) : address.length;
      byte[] text = {'i', 'p', (byte) (address.length == 4 ? '4' : '6'), '_'};
      text = Arrays.copyOf(text, 4 + 2 * kept);
      Modhex.write(encrypted, kept, text, 4);
      return UTF8String.fromBytes(text);
    }

    private byte[] chosen(String value) {
      byte[] alone = Address.bare(value);
      if (alone != null) return alone;
      String[] items = BETWEEN.splitAsStream(Unicode.trimmed(Unicode.folded(value))).filter(item -> !item.isEmpty()).toArray(String[]::new);
      if (items.length == 0) return null;
      if (ofList.equals(LAST)) return Address.read(items[items.length - 1]);
      return items.length == 1 || ofList.equals(FIRST) ? Address.read(items[0]) : null;
    }
  }

  /** Crypto-PAn under one 32-byte key; a thread's own. */
  private static final class CryptoPan {
    private static final int BLOCK = 16, LONGEST = 128;
    private final Cipher aes;
    private final byte[] pad;
    private final byte[] prefixes = new byte[BLOCK * LONGEST], encrypted = new byte[BLOCK * LONGEST];

    CryptoPan(byte[] key, int at) throws GeneralSecurityException {
      aes = Cipher.getInstance("AES/ECB/NoPadding");
      aes.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, at, 16, "AES"));
      pad = aes.doFinal(key, at + BLOCK, BLOCK);
      for (int block = 0; block < prefixes.length; block += BLOCK) System.arraycopy(pad, 0, prefixes, block, BLOCK);
    }

    /** One pseudorandom bit for each prefix, xored onto the bit that follows the prefix; all prefixes at once. */
    byte[] encrypt(byte[] address) {
      int bits = 8 * address.length;
      for (int bit = 0; bit < bits; bit++) {
        for (int i = 0; i < address.length; i++) {
          int mask = 0xff00 >> Math.max(0, Math.min(8, bit - 8 * i));
          prefixes[BLOCK * bit + i] = (byte) (address[i] & mask | pad[i] & ~mask);
        }
      }
      try {
        aes.update(prefixes, 0, BLOCK * bits, encrypted, 0);
      } catch (ShortBufferException error) {
        throw new IllegalStateException("the network kernel failed");
      }
      byte[] result = address.clone();
      for (int bit = 0; bit < bits; bit++) result[bit >> 3] ^= (byte) ((encrypted[BLOCK * bit] & 0x80) >>> (bit & 7));
      return result;
    }
  }

  public static UTF8String invoke(byte[] key, UTF8String keep, UTF8String ofList, UTF8String value) {
    return value == null ? null : keyed(key, keep, ofList).encrypted.of(value);
  }

  private static Keyed keyed(byte[] key, UTF8String keep, UTF8String ofList) {
    Keyed keyed = KEYED.get();
    if (keyed == null || !keyed.is(key, keep, ofList)) {
      try {
        keyed = new Keyed(key, keep, ofList);
      } catch (GeneralSecurityException | RuntimeException error) {
        throw new IllegalStateException("the network kernel has no usable key");
      }
      KEYED.set(keyed);
    }
    return keyed;
  }
}
