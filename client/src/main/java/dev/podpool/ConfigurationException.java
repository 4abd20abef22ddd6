package dev.podpool;

import org.jspecify.annotations.Nullable;

/**
 * What says which runtime to talk to can't be used: a variable of the environment, the kubeconfig,
 * or an option that names what is not in it. Nobody was asked. The message says which, and what
 * there is.
 */
public final class ConfigurationException extends PodpoolException {

  private static final long serialVersionUID = 1;

  public ConfigurationException(String message) {
    super(message);
  }

  public ConfigurationException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
