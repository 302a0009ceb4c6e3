import type {
  AnyOfSchema,
  AnySchema,
  BinarySchema,
  BooleanSchema,
  ListSchema,
  MapSchema,
  NullSchema,
  NumberSchema,
  Paths,
  RecordSchema,
  Schema,
  SchemaAction,
  SchemaMeta,
  SetSchema,
  StringSchema,
  TupleSchema,
  ValidValue,
} from 'dynamodb-toolbox'
import type { UpdateValueInput } from 'dynamodb-toolbox/entity/actions/update'

/** What an encrypted attribute's schema carries in its type; inputs and outputs do not depend on it. */
export type EncryptedMeta = { 'dynaseal:encrypted': true }

type Overwrite<PROPS, NEXT> = {
  [KEY in keyof PROPS | keyof NEXT]: KEY extends keyof NEXT
    ? NEXT[KEY]
    : KEY extends keyof PROPS
      ? PROPS[KEY]
      : never
}

/** A schema of the same kind with other props, without methods. */
type Kind<SCHEMA extends Schema, PROPS extends object> = SCHEMA extends StringSchema
  ? StringSchema<PROPS>
  : SCHEMA extends NumberSchema
    ? NumberSchema<PROPS>
    : SCHEMA extends BooleanSchema
      ? BooleanSchema<PROPS>
      : SCHEMA extends BinarySchema
        ? BinarySchema<PROPS>
        : SCHEMA extends NullSchema
          ? NullSchema<PROPS>
          : SCHEMA extends MapSchema
            ? MapSchema<SCHEMA['attributes'], PROPS>
            : SCHEMA extends ListSchema
              ? ListSchema<SCHEMA['elements'], PROPS>
              : SCHEMA extends SetSchema
                ? SetSchema<SCHEMA['elements'], PROPS>
                : SCHEMA extends RecordSchema
                  ? RecordSchema<SCHEMA['keys'], SCHEMA['elements'], PROPS>
                  : SCHEMA extends TupleSchema
                    ? TupleSchema<SCHEMA['elements'], PROPS>
                    : SCHEMA extends AnyOfSchema
                      ? AnyOfSchema<SCHEMA['elements'], PROPS>
                      : AnySchema<PROPS>

type Marked<SCHEMA extends Schema> = SCHEMA extends NumberSchema | SetSchema
  ? // DynamoDB computes with numbers and sets, with `$add()` and the like; with what `any()` holds it does not.
    AnySchema<
      Overwrite<SCHEMA['props'], { castAs: ValidValue<SCHEMA, { defined: true }>; meta: EncryptedMeta }>
    >
  : Kind<SCHEMA, Overwrite<SCHEMA['props'], { meta: EncryptedMeta }>>

type With<SCHEMA extends Schema, NEXT> =
  Kind<SCHEMA, Overwrite<SCHEMA['props'], NEXT>> extends infer CHANGED extends Schema
    ? CHANGED & PlaceMethods<CHANGED>
    : never

type Required = 'atLeastOnce' | 'always' | 'never'
type ValueOrGetter<VALUE> = VALUE | (() => VALUE)
type PutLink<SCHEMA extends Schema, ITEM extends Schema> = (
  input: ValidValue<ITEM, { defined: true }>,
) => ValidValue<SCHEMA>
type UpdateLink<SCHEMA extends Schema, ITEM extends Schema> = (
  input: UpdateValueInput<ITEM, { defined: true; extended: false }, Paths<ITEM>>,
) => UpdateValueInput<SCHEMA, { filled: true }>

/** The methods of dynamodb-toolbox's schemas that may follow: those that concern the value may not. */
interface PlaceMethods<SCHEMA extends Schema> {
  /** An attribute that commands give as a key, and of which the key of the table is the search token. */
  key(): With<SCHEMA, { key: true; required: 'always' }>
  required<NEXT extends Required = 'atLeastOnce'>(next?: NEXT): With<SCHEMA, { required: NEXT }>
  optional(): With<SCHEMA, { required: 'never' }>
  hidden<NEXT extends boolean = true>(next?: NEXT): With<SCHEMA, { hidden: NEXT }>
  savedAs<NEXT extends string | undefined>(next: NEXT): With<SCHEMA, { savedAs: NEXT }>
  meta(next: SchemaMeta): With<SCHEMA, unknown>
  default(next: ValueOrGetter<ValidValue<SCHEMA>>): With<SCHEMA, { putDefault: unknown }>
  putDefault(next: ValueOrGetter<ValidValue<SCHEMA>>): With<SCHEMA, { putDefault: unknown }>
  updateDefault(
    next: ValueOrGetter<UpdateValueInput<SCHEMA, { filled: true }>>,
  ): With<SCHEMA, { updateDefault: unknown }>
  link<ITEM extends Schema>(next: PutLink<SCHEMA, ITEM>): With<SCHEMA, { putLink: unknown }>
  putLink<ITEM extends Schema>(next: PutLink<SCHEMA, ITEM>): With<SCHEMA, { putLink: unknown }>
  updateLink<ITEM extends Schema>(next: UpdateLink<SCHEMA, ITEM>): With<SCHEMA, { updateLink: unknown }>
  clone<NEXT extends object = object>(next?: NEXT): With<SCHEMA, NEXT>
  build<ACTION extends SchemaAction<SCHEMA>>(Action: new (schema: SCHEMA) => ACTION): ACTION
}

/** A schema as {@link encrypted} returns it: the same inputs and outputs, marked for conditions. */
export type Encrypted<SCHEMA extends Schema> =
  Marked<SCHEMA> extends infer MARKED extends Schema ? MARKED & PlaceMethods<MARKED> : never
