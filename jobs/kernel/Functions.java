package ignicloud.kernel;

import java.util.Map;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/** The kernel as a catalog of Spark: {@code ignicloud.token}, {@code ignicloud.scan} and so on. */
public final class Functions implements FunctionCatalog {
  private static final Map<String, UnboundFunction> ALL = Map.of(
      "token", new Token(), "normalise", new Normalise(), "network", new Network(), "user_agent", new UserAgent(),
      "identifier", new ignicloud.kernel.Identifier(), "scan", new Scan(), "shape", new Shape(), "personal", new Personal(),
      "json_field", new JsonField());
  private String name;

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Identifier[] listFunctions(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length > 0) throw new NoSuchNamespaceException(namespace);
    return ALL.keySet().stream().sorted().map(each -> Identifier.of(namespace, each)).toArray(Identifier[]::new);
  }

  @Override
  public UnboundFunction loadFunction(Identifier wanted) throws NoSuchFunctionException {
    UnboundFunction found = wanted.namespace().length == 0 ? ALL.get(wanted.name()) : null;
    if (found == null) throw new NoSuchFunctionException(wanted);
    return found;
  }
}
