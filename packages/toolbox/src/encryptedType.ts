import type {
  AnyOfSchema_,
  AnySchema_,
  BinarySchema_,
  BooleanSchema_,
  ListSchema_,
  MapSchema_,
  NullSchema_,
  NumberSchema_,
  RecordSchema_,
  Schema,
  SetSchema_,
  StringSchema_,
  TupleSchema_,
} from 'dynamodb-toolbox'

/** What an encrypted attribute's schema carries in its type; inputs and outputs do not depend on it. */
export type EncryptedMeta = { 'dynaseal:encrypted': true }

type WithMeta<PROPS> = {
  [KEY in keyof PROPS | 'meta']: KEY extends 'meta'
    ? EncryptedMeta
    : KEY extends keyof PROPS
      ? PROPS[KEY]
      : never
}

/** A schema as {@link encrypted} returns it: the same inputs and outputs, marked for conditions. */
export type Encrypted<SCHEMA extends Schema> =
  SCHEMA extends StringSchema_<infer PROPS>
    ? StringSchema_<WithMeta<PROPS>>
    : SCHEMA extends NumberSchema_<infer PROPS>
      ? NumberSchema_<WithMeta<PROPS>>
      : SCHEMA extends BooleanSchema_<infer PROPS>
        ? BooleanSchema_<WithMeta<PROPS>>
        : SCHEMA extends BinarySchema_<infer PROPS>
          ? BinarySchema_<WithMeta<PROPS>>
          : SCHEMA extends NullSchema_<infer PROPS>
            ? NullSchema_<WithMeta<PROPS>>
            : SCHEMA extends MapSchema_<infer ATTRIBUTES, infer PROPS>
              ? MapSchema_<ATTRIBUTES, WithMeta<PROPS>>
              : SCHEMA extends ListSchema_<infer ELEMENTS, infer PROPS>
                ? ListSchema_<ELEMENTS, WithMeta<PROPS>>
                : SCHEMA extends SetSchema_<infer ELEMENTS, infer PROPS>
                  ? SetSchema_<ELEMENTS, WithMeta<PROPS>>
                  : SCHEMA extends RecordSchema_<infer KEYS, infer ELEMENTS, infer PROPS>
                    ? RecordSchema_<KEYS, ELEMENTS, WithMeta<PROPS>>
                    : SCHEMA extends TupleSchema_<infer ELEMENTS, infer PROPS>
                      ? TupleSchema_<ELEMENTS, WithMeta<PROPS>>
                      : SCHEMA extends AnyOfSchema_<infer ELEMENTS, infer PROPS>
                        ? AnyOfSchema_<ELEMENTS, WithMeta<PROPS>>
                        : SCHEMA extends AnySchema_<infer PROPS>
                          ? AnySchema_<WithMeta<PROPS>>
                          : SCHEMA
