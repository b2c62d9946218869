/** The port for links to media: short-lived and signed, made anew whenever a track is shown. */
export interface MediaLinks {
  /** An absolute URL that serves `artifact` to whoever has it, until it expires. */
  linkTo(artifact: string, options: { readonly filename: string }): string;
}
