/**
 * Words in the two languages of the product.
 *
 * Japanese and English are equals: a text exists in both or it does not exist,
 * so the type has no optional side and no fallback.
 */
export type Language = 'ja' | 'en';

export interface Text {
  readonly ja: string;
  readonly en: string;
}
