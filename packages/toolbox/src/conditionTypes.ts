import type {
  $GET,
  $REMOVE,
  AnySchema,
  DeleteItemOptions,
  DeletePartitionOptions,
  DeleteTransactionOptions,
  Entity,
  ItemSchema,
  ListSchema,
  MapAttributes,
  MapSchema,
  NullSchema,
  PutItemOptions,
  PutTransactionOptions,
  Query,
  QueryOptions,
  RecordSchema,
  ScanOptions,
  Schema,
  SchemaCondition,
  Table,
  UpdateAttributesInput,
  UpdateAttributesOptions,
  UpdateItemOptions,
  UpdateTransactionOptions,
} from 'dynamodb-toolbox'
import type { EncryptedMeta } from './encryptedType.js'

/** To a condition, an encrypted attribute looks like one of type NULL: it can exist, and nothing else. */
type View<SCHEMA> = SCHEMA extends { props: { meta: EncryptedMeta } }
  ? NullSchema
  : SCHEMA extends MapSchema<infer ATTRIBUTES, infer PROPS>
    ? MapSchema<ViewAttributes<ATTRIBUTES>, PROPS>
    : SCHEMA extends ListSchema<infer ELEMENTS, infer PROPS>
      ? ListSchema<View<ELEMENTS>, PROPS>
      : SCHEMA extends RecordSchema<infer KEYS, infer ELEMENTS, infer PROPS>
        ? RecordSchema<KEYS, View<ELEMENTS>, PROPS>
        : SCHEMA extends Schema
          ? SCHEMA
          : never
type ViewAttributes<ATTRIBUTES> = { [NAME in keyof ATTRIBUTES]: View<ATTRIBUTES[NAME]> }

/** The conditions on an entity that do not look into encrypted attributes. */
export type SafeCondition<ENTITY extends Entity> =
  ViewAttributes<ENTITY['schema']['attributes']> extends infer ATTRIBUTES extends MapAttributes
    ? SchemaCondition<ItemSchema<ATTRIBUTES>>
    : never

/** What `options()` gives for a condition that would see ciphertext: it cannot be sent, and TypeScript says why. */
export interface Refusal<REASON extends string> {
  refused: REASON
}

type EncryptedInCondition =
  'An encrypted attribute can only be tested for existence: DynamoDB sees ciphertext.'

/** `unknown`, which changes nothing, for a condition that is refused; `never`, which fits nothing, otherwise. */
type Refused<ENTITY extends Entity, CONDITION> = Entity extends ENTITY
  ? never
  : unknown extends CONDITION
    ? never
    : [CONDITION] extends [SafeCondition<ENTITY> | undefined]
      ? never
      : IsAny<SchemaCondition<ENTITY['schema']>, CONDITION> extends true
        ? never
        : unknown

/**
 * Whether the type of a condition, or of a part of it, is that of all conditions on the entity: of a parameter or a
 * variable, say. Whether it tests something encrypted is then seen at run time.
 */
type IsAny<ALL, CONDITION> = [ALL] extends [CONDITION]
  ? true
  : CONDITION extends
        | { and: infer PARTS extends readonly unknown[] }
        | { or: infer PARTS extends readonly unknown[] }
    ? IsAnyOf<ALL, PARTS>
    : CONDITION extends { not: infer PART }
      ? IsAny<ALL, PART>
      : false
type IsAnyOf<ALL, PARTS extends readonly unknown[]> = true extends {
  [INDEX in keyof PARTS]: IsAny<ALL, PARTS[INDEX]>
}[number]
  ? true
  : false

type FiltersRefused<ENTITIES extends Entity[], FILTERS> = Entity[] extends ENTITIES
  ? never
  : unknown extends FILTERS
    ? never
    : true extends {
          [NAME in keyof FILTERS]: unknown extends Refused<
            Extract<ENTITIES[number], { entityName: NAME }>,
            FILTERS[NAME]
          >
            ? true
            : false
        }[keyof FILTERS]
      ? unknown
      : never

/** What this command takes for a number or a set that is marked, which is all that there is, checked here. */
type RefusedInput<ATTRIBUTES, INPUT> = true extends {
  [NAME in keyof INPUT & keyof ATTRIBUTES]: unknown extends INPUT[NAME]
    ? false
    : ATTRIBUTES[NAME] extends AnySchema<{ meta: EncryptedMeta; castAs: infer CAST }>
      ? INPUT[NAME] extends CAST | { [$GET]: unknown } | { [$REMOVE]: true } | undefined
        ? false
        : true
      : false
}[keyof INPUT & keyof ATTRIBUTES]
  ? unknown
  : never

// Each overload applies only to a refused condition, and gives a type without send() or params().
// What they cannot reach (conditions in variables, function-form options, constructor arguments, repositories) is
// refused at run time.

declare module 'dynamodb-toolbox/entity/actions/put' {
  interface PutItemCommand<
    ENTITY extends Entity = Entity,
    OPTIONS extends PutItemOptions<ENTITY> = PutItemOptions<ENTITY>,
  > {
    options<NEXT extends PutItemOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/update' {
  interface UpdateItemCommand<
    ENTITY extends Entity = Entity,
    OPTIONS extends UpdateItemOptions<ENTITY> = UpdateItemOptions<ENTITY>,
  > {
    options<NEXT extends UpdateItemOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/updateAttributes' {
  interface UpdateAttributesCommand<
    ENTITY extends Entity = Entity,
    OPTIONS extends UpdateAttributesOptions<ENTITY> = UpdateAttributesOptions<ENTITY>,
  > {
    options<NEXT extends UpdateAttributesOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
    item<INPUT extends UpdateAttributesInput<ENTITY>>(
      refused: INPUT & RefusedInput<ENTITY['schema']['attributes'], INPUT>,
    ): Refusal<'An encrypted number or set can only be replaced by another one: DynamoDB sees ciphertext.'>
  }
}

declare module 'dynamodb-toolbox/entity/actions/delete' {
  interface DeleteItemCommand<
    ENTITY extends Entity = Entity,
    OPTIONS extends DeleteItemOptions<ENTITY> = DeleteItemOptions<ENTITY>,
  > {
    options<NEXT extends DeleteItemOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/transactPut' {
  interface PutTransaction<
    ENTITY extends Entity = Entity,
    OPTIONS extends PutTransactionOptions<ENTITY> = PutTransactionOptions<ENTITY>,
  > {
    options<NEXT extends PutTransactionOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/transactUpdate' {
  interface UpdateTransaction<
    ENTITY extends Entity = Entity,
    OPTIONS extends UpdateTransactionOptions<ENTITY> = UpdateTransactionOptions<ENTITY>,
  > {
    options<NEXT extends UpdateTransactionOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/transactDelete' {
  interface DeleteTransaction<
    ENTITY extends Entity = Entity,
    OPTIONS extends DeleteTransactionOptions<ENTITY> = DeleteTransactionOptions<ENTITY>,
  > {
    options<NEXT extends DeleteTransactionOptions<ENTITY>>(
      refused: NEXT & Refused<ENTITY, NEXT['condition']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/transactCheck' {
  interface ConditionCheck<ENTITY extends Entity = Entity> {
    condition<CONDITION extends SchemaCondition<ENTITY['schema']>>(
      refused: CONDITION & Refused<ENTITY, CONDITION>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/table/actions/query' {
  interface QueryCommand<
    TABLE extends Table = Table,
    ENTITIES extends Entity[] = Entity[],
    QUERY extends Query<TABLE> = Query<TABLE>,
    OPTIONS extends QueryOptions<TABLE, ENTITIES, QUERY> = QueryOptions<TABLE, ENTITIES, QUERY>,
  > {
    options<NEXT extends QueryOptions<TABLE, ENTITIES, QUERY>>(
      refused: NEXT & FiltersRefused<ENTITIES, NEXT['filters']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/table/actions/scan' {
  interface ScanCommand<
    TABLE extends Table = Table,
    ENTITIES extends Entity[] = Entity[],
    OPTIONS extends ScanOptions<TABLE, ENTITIES> = ScanOptions<TABLE, ENTITIES>,
  > {
    options<NEXT extends ScanOptions<TABLE, ENTITIES>>(
      refused: NEXT & FiltersRefused<ENTITIES, NEXT['filters']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/table/actions/deletePartition' {
  interface DeletePartitionCommand<
    TABLE extends Table = Table,
    ENTITIES extends Entity[] = Entity[],
    QUERY extends Query<TABLE> = Query<TABLE>,
  > {
    options<NEXT extends DeletePartitionOptions<TABLE, ENTITIES, QUERY>>(
      refused: NEXT & FiltersRefused<ENTITIES, NEXT['filters']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/entity/actions/accessPattern' {
  interface AccessPattern<
    ENTITY extends Entity = Entity,
    SCHEMA extends Schema = Schema,
    QUERY extends Query<ENTITY['table']> = Query<ENTITY['table']>,
    DEFAULT_OPTIONS extends QueryOptions<ENTITY['table'], [ENTITY], QUERY> = QueryOptions<
      ENTITY['table'],
      [ENTITY],
      QUERY
    >,
    CONTEXT_OPTIONS extends QueryOptions<ENTITY['table'], [ENTITY], QUERY> = QueryOptions<
      ENTITY['table'],
      [ENTITY],
      QUERY
    >,
  > {
    options<NEXT extends QueryOptions<ENTITY['table'], [ENTITY], QUERY>>(
      refused: NEXT & FiltersRefused<[ENTITY], NEXT['filters']>,
    ): Refusal<EncryptedInCondition>
  }
}

declare module 'dynamodb-toolbox/table/actions/accessPattern' {
  interface AccessPattern<
    TABLE extends Table = Table,
    ENTITIES extends Entity[] = Entity[],
    SCHEMA extends Schema = Schema,
    QUERY extends Query<TABLE> = Query<TABLE>,
    DEFAULT_OPTIONS extends QueryOptions<TABLE, ENTITIES, QUERY> = QueryOptions<TABLE, ENTITIES, QUERY>,
    CONTEXT_OPTIONS extends QueryOptions<TABLE, ENTITIES, QUERY> = QueryOptions<TABLE, ENTITIES, QUERY>,
  > {
    options<NEXT extends QueryOptions<TABLE, ENTITIES, QUERY>>(
      refused: NEXT & FiltersRefused<ENTITIES, NEXT['filters']>,
    ): Refusal<EncryptedInCondition>
  }
}
