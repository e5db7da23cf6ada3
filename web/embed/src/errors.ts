// The errors that the merchant's page may catch, by the names that existing integrations compare with.
export type ErrorName =
  | 'InvalidClientTokenError'
  | 'ApplicationNotInitializedError'
  | 'ApplicationNotLoadedError'
  | 'InvalidContainerSelectorError'
  | 'PaymentMethodCategoryNotProvidedError'
  | 'PaymentMethodCategoryNotSupportedError'
  | 'EventNotSupportedError';

export function fail(name: ErrorName, message: string): never {
  const error = new Error(message);
  error.name = name;
  throw error;
}
