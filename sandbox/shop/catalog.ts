// What the demo shop sells. Prices are in cents, tax included.

export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly price: number;
  readonly line: string;
  readonly text: string;
}

export const products: readonly Product[] = [
  {
    sku: 'hytte-tent',
    name: 'Hytte tent',
    price: 34900,
    line: 'Two sleepers, one pole, four minutes.',
    text: 'A single-pole tent for two with room for wet boots. The inner hangs from the outer, so it goes up dry in the rain. 2.3 kg with pegs.',
  },
  {
    sku: 'regn-jacket',
    name: 'Regn shell jacket',
    price: 19900,
    line: 'Three layers between you and the weather.',
    text: 'A quiet three-layer shell with a hood that turns with your head. Taped seams, no shiny coating, repaired by us for as long as you wear it.',
  },
  {
    sku: 'stig-pack',
    name: 'Stig backpack 28',
    price: 12900,
    line: 'Day hikes, hand luggage, one bag.',
    text: 'Twenty-eight litres of waxed cotton on a light frame. Opens flat, stands by itself, and fits under a train seat.',
  },
  {
    sku: 'varm-blanket',
    name: 'Varm wool blanket',
    price: 8900,
    line: 'Heavy wool for light nights.',
    text: 'Woven from undyed wool, 130 by 180 centimetres. Warm when damp, and better after ten years.',
  },
  {
    sku: 'lysa-lantern',
    name: 'Lysa lantern',
    price: 5900,
    line: 'Forty hours of warm light.',
    text: 'A rechargeable lantern with one dial and no app. Dims to a candle, hangs from a tent pole, floats.',
  },
  {
    sku: 'kopp-mug',
    name: 'Kopp enamel mug',
    price: 1900,
    line: 'Chips with dignity.',
    text: 'Four decilitres of enamelled steel. Goes on the fire, in the oven and to the office.',
  },
];

export function findProduct(sku: string): Product | undefined {
  return products.find((product) => product.sku === sku);
}
