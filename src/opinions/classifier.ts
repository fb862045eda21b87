/** A classifier of messages: what it is handed, and what it says. The one that there is asks Workers AI. */

export type Classifier = {
  model: string
  /** How sure it is that the text is of an unwanted message; null where it does not say so in time. Never throws. */
  classify(text: string): Promise<{ spam: number } | null>
}
