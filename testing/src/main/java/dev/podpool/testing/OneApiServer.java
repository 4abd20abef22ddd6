package dev.podpool.testing;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/** Starts the server with the first test that asks for it, and stops it behind the last test. */
final class OneApiServer implements ParameterResolver {

  private static final ExtensionContext.Namespace OURS =
      ExtensionContext.Namespace.create(OneApiServer.class);

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    return parameter.getParameter().getType() == ApiServer.class;
  }

  @Override
  public ApiServer resolveParameter(ParameterContext parameter, ExtensionContext context) {
    // Closed by JUnit with its root.
    return context
        .getRoot()
        .getStore(OURS)
        .computeIfAbsent(ApiServer.class, type -> ApiServer.start(), ApiServer.class);
  }
}
