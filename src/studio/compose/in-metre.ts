/** A style as it is played in a metre: its figures and grooves fitted to that metre's bars. */
import { fitFigure, type Metre, metreOf } from "../metre.ts";
import type { Groove, Part, Style } from "../style.ts";

/** `style` with every figure in `metre`, in which it is from then on written. */
export function inMetre(style: Style, metre: Metre): Style {
  const own = metreOf(style.metre ?? "4/4");
  if (own.name === metre.name) return style;
  const fitted = (figure: string) => fitFigure(figure, own, metre);
  return { ...style, metre: metre.name, parts: style.parts.map((part) => fitPart(part, fitted)) };
}

function fitPart(part: Part, fitted: (figure: string) => string): Part {
  if (part.role !== "drums") {
    const { calm, full } = part.figures;
    return { ...part, figures: { calm: calm.map(fitted), full: full.map(fitted) } };
  }
  const fitGroove = (groove: Groove): Groove =>
    Object.fromEntries(Object.entries(groove).map(([name, figure]) => [name, fitted(figure)]));
  return {
    ...part,
    calm: part.calm.map(fitGroove),
    full: part.full.map(fitGroove),
    fills: part.fills.map(fitGroove),
  };
}
