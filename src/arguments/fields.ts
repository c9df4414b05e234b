// The fields by which tensors of other libraries say how their data lie.

/** Fields of a tensor; one that is null or undefined is absent. */
export interface Fields {
  readonly data?: unknown;
  readonly shape?: unknown;
  readonly dims?: unknown;
  readonly stride?: unknown;
  readonly strides?: unknown;
  readonly offset?: unknown;
  readonly order?: unknown;
  readonly fortranOrder?: unknown;
  readonly fortran_order?: unknown;
  readonly type?: unknown;
  readonly dtype?: unknown;
  readonly dataType?: unknown;
}

/** Whether a tensor may say more about its data than their shape. */
export function declaresMore(given: Fields): boolean {
  const { shape, dims, stride, strides, offset, order, fortranOrder, fortran_order, type, dtype, dataType } = given;
  const more = stride ?? strides ?? offset ?? order ?? fortranOrder ?? fortran_order ?? type ?? dtype ?? dataType;
  return (more ?? (shape && dims)) != null;
}

const NAMES = [
  "data",
  "shape",
  "dims",
  "stride",
  "strides",
  "offset",
  "order",
  "fortranOrder",
  "fortran_order",
  "type",
  "dtype",
  "dataType",
] as const;

/**
 * All fields of a tensor. Those of its class count, where most libraries have them; those that a program has added to
 * Object.prototype do not.
 */
export function fieldsOf(given: object): Fields {
  const fields: Record<string, unknown> = Object.create(null);
  for (const name of NAMES) {
    const value = (given as Fields)[name];
    if (value !== null && value !== undefined && (!(name in Object.prototype) || isOwn(given, name)))
      fields[name] = value;
  }
  const { fortran_order, ...rest } = fields;
  return { __proto__: null, fortranOrder: fortran_order, ...rest } as Fields;
}

function isOwn(given: object, name: string): boolean {
  for (let at: object | null = given; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    if (Object.hasOwn(at, name)) return true;
  }
  return false;
}
