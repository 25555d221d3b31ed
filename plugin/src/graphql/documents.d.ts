// Written by tests/graphql/generate.mjs from the .graphql files beside it. Do not edit.

/** The text of a GraphQL document, which knows the types of its variables and of its answer. */
declare type GraphqlText<Data, Variables> = string & { readonly types?: (variables: Variables) => Data };

/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
declare type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
type SortDirectionEnum =
  | 'ASC'
  | 'DESC';

type FindFilterType = {
  q?: string | null | undefined;
  page?: number | null | undefined;
  per_page?: number | null | undefined;
  sort?: string | null | undefined;
  direction?: SortDirectionEnum | null | undefined;
};

type ResolutionEnum =
  | 'VERY_LOW'
  | 'LOW'
  | 'R360P'
  | 'STANDARD'
  | 'WEB_HD'
  | 'STANDARD_HD'
  | 'FULL_HD'
  | 'QUAD_HD'
  | 'VR_HD'
  | 'FOUR_K'
  | 'FIVE_K'
  | 'SIX_K'
  | 'SEVEN_K'
  | 'EIGHT_K'
  | 'HUGE';

type ResolutionCriterionInput = {
  value: ResolutionEnum;
  modifier: CriterionModifier;
};

type OrientationEnum =
  | 'LANDSCAPE'
  | 'PORTRAIT'
  | 'SQUARE';

type OrientationCriterionInput = {
  value: Array<OrientationEnum>;
};

type DuplicationCriterionInput = {
  duplicated?: boolean | null | undefined;
  distance?: number | null | undefined;
  phash?: boolean | null | undefined;
  url?: boolean | null | undefined;
  stash_id?: boolean | null | undefined;
  title?: boolean | null | undefined;
};

type StashIdCriterionInput = {
  endpoint?: string | null | undefined;
  stash_id?: string | null | undefined;
  modifier: CriterionModifier;
};

type StashIDsCriterionInput = {
  endpoint?: string | null | undefined;
  stash_ids?: Array<string | null | undefined> | null | undefined;
  modifier: CriterionModifier;
};

type CustomFieldCriterionInput = {
  field: string;
  value?: Array<unknown> | null | undefined;
  modifier: CriterionModifier;
};

type PerformerFilterType = {
  AND?: PerformerFilterType | null | undefined;
  OR?: PerformerFilterType | null | undefined;
  NOT?: PerformerFilterType | null | undefined;
  name?: StringCriterionInput | null | undefined;
  disambiguation?: StringCriterionInput | null | undefined;
  details?: StringCriterionInput | null | undefined;
  filter_favorites?: boolean | null | undefined;
  birth_year?: IntCriterionInput | null | undefined;
  age?: IntCriterionInput | null | undefined;
  ethnicity?: StringCriterionInput | null | undefined;
  country?: StringCriterionInput | null | undefined;
  eye_color?: StringCriterionInput | null | undefined;
  height_cm?: IntCriterionInput | null | undefined;
  measurements?: StringCriterionInput | null | undefined;
  fake_tits?: StringCriterionInput | null | undefined;
  penis_length?: FloatCriterionInput | null | undefined;
  circumcised?: CircumcisionCriterionInput | null | undefined;
  career_length?: StringCriterionInput | null | undefined;
  career_start?: DateCriterionInput | null | undefined;
  career_end?: DateCriterionInput | null | undefined;
  tattoos?: StringCriterionInput | null | undefined;
  piercings?: StringCriterionInput | null | undefined;
  aliases?: StringCriterionInput | null | undefined;
  gender?: GenderCriterionInput | null | undefined;
  is_missing?: string | null | undefined;
  tags?: HierarchicalMultiCriterionInput | null | undefined;
  tag_count?: IntCriterionInput | null | undefined;
  scene_count?: IntCriterionInput | null | undefined;
  marker_count?: IntCriterionInput | null | undefined;
  image_count?: IntCriterionInput | null | undefined;
  gallery_count?: IntCriterionInput | null | undefined;
  play_count?: IntCriterionInput | null | undefined;
  o_counter?: IntCriterionInput | null | undefined;
  stash_id_endpoint?: StashIdCriterionInput | null | undefined;
  stash_ids_endpoint?: StashIDsCriterionInput | null | undefined;
  rating100?: IntCriterionInput | null | undefined;
  url?: StringCriterionInput | null | undefined;
  hair_color?: StringCriterionInput | null | undefined;
  weight?: IntCriterionInput | null | undefined;
  death_year?: IntCriterionInput | null | undefined;
  studios?: HierarchicalMultiCriterionInput | null | undefined;
  groups?: HierarchicalMultiCriterionInput | null | undefined;
  performers?: MultiCriterionInput | null | undefined;
  ignore_auto_tag?: boolean | null | undefined;
  birthdate?: DateCriterionInput | null | undefined;
  death_date?: DateCriterionInput | null | undefined;
  created_at?: TimestampCriterionInput | null | undefined;
  updated_at?: TimestampCriterionInput | null | undefined;
  custom_fields?: Array<CustomFieldCriterionInput> | null | undefined;
};

type SceneFilterType = {
  AND?: SceneFilterType | null | undefined;
  OR?: SceneFilterType | null | undefined;
  NOT?: SceneFilterType | null | undefined;
  id?: IntCriterionInput | null | undefined;
  title?: StringCriterionInput | null | undefined;
  code?: StringCriterionInput | null | undefined;
  details?: StringCriterionInput | null | undefined;
  director?: StringCriterionInput | null | undefined;
  oshash?: StringCriterionInput | null | undefined;
  checksum?: StringCriterionInput | null | undefined;
  phash?: StringCriterionInput | null | undefined;
  phash_distance?: PhashDistanceCriterionInput | null | undefined;
  path?: StringCriterionInput | null | undefined;
  file_count?: IntCriterionInput | null | undefined;
  rating100?: IntCriterionInput | null | undefined;
  organized?: boolean | null | undefined;
  o_counter?: IntCriterionInput | null | undefined;
  duplicated?: DuplicationCriterionInput | null | undefined;
  resolution?: ResolutionCriterionInput | null | undefined;
  orientation?: OrientationCriterionInput | null | undefined;
  framerate?: IntCriterionInput | null | undefined;
  bitrate?: IntCriterionInput | null | undefined;
  video_codec?: StringCriterionInput | null | undefined;
  audio_codec?: StringCriterionInput | null | undefined;
  duration?: IntCriterionInput | null | undefined;
  has_markers?: string | null | undefined;
  is_missing?: string | null | undefined;
  studios?: HierarchicalMultiCriterionInput | null | undefined;
  movies?: MultiCriterionInput | null | undefined;
  groups?: HierarchicalMultiCriterionInput | null | undefined;
  galleries?: MultiCriterionInput | null | undefined;
  tags?: HierarchicalMultiCriterionInput | null | undefined;
  tag_count?: IntCriterionInput | null | undefined;
  performer_tags?: HierarchicalMultiCriterionInput | null | undefined;
  performer_favorite?: boolean | null | undefined;
  performer_age?: IntCriterionInput | null | undefined;
  performers?: MultiCriterionInput | null | undefined;
  performer_count?: IntCriterionInput | null | undefined;
  stash_id_endpoint?: StashIdCriterionInput | null | undefined;
  stash_ids_endpoint?: StashIDsCriterionInput | null | undefined;
  stash_id_count?: IntCriterionInput | null | undefined;
  url?: StringCriterionInput | null | undefined;
  interactive?: boolean | null | undefined;
  interactive_speed?: IntCriterionInput | null | undefined;
  captions?: StringCriterionInput | null | undefined;
  resume_time?: IntCriterionInput | null | undefined;
  play_count?: IntCriterionInput | null | undefined;
  play_duration?: IntCriterionInput | null | undefined;
  last_played_at?: TimestampCriterionInput | null | undefined;
  date?: DateCriterionInput | null | undefined;
  created_at?: TimestampCriterionInput | null | undefined;
  updated_at?: TimestampCriterionInput | null | undefined;
  performers_filter?: PerformerFilterType | null | undefined;
  custom_fields?: Array<CustomFieldCriterionInput> | null | undefined;
};

type TagFilterType = {
  AND?: TagFilterType | null | undefined;
  OR?: TagFilterType | null | undefined;
  NOT?: TagFilterType | null | undefined;
  name?: StringCriterionInput | null | undefined;
  sort_name?: StringCriterionInput | null | undefined;
  aliases?: StringCriterionInput | null | undefined;
  favorite?: boolean | null | undefined;
  description?: StringCriterionInput | null | undefined;
  is_missing?: string | null | undefined;
  scene_count?: IntCriterionInput | null | undefined;
  image_count?: IntCriterionInput | null | undefined;
  gallery_count?: IntCriterionInput | null | undefined;
  performer_count?: IntCriterionInput | null | undefined;
  studio_count?: IntCriterionInput | null | undefined;
  movie_count?: IntCriterionInput | null | undefined;
  group_count?: IntCriterionInput | null | undefined;
  marker_count?: IntCriterionInput | null | undefined;
  parents?: HierarchicalMultiCriterionInput | null | undefined;
  children?: HierarchicalMultiCriterionInput | null | undefined;
  parent_count?: IntCriterionInput | null | undefined;
  child_count?: IntCriterionInput | null | undefined;
  ignore_auto_tag?: boolean | null | undefined;
  stash_id_endpoint?: StashIdCriterionInput | null | undefined;
  stash_ids_endpoint?: StashIDsCriterionInput | null | undefined;
  performers_filter?: PerformerFilterType | null | undefined;
  created_at?: TimestampCriterionInput | null | undefined;
  updated_at?: TimestampCriterionInput | null | undefined;
  custom_fields?: Array<CustomFieldCriterionInput> | null | undefined;
};

type CriterionModifier =
  | 'EQUALS'
  | 'NOT_EQUALS'
  | 'GREATER_THAN'
  | 'LESS_THAN'
  | 'IS_NULL'
  | 'NOT_NULL'
  | 'INCLUDES_ALL'
  | 'INCLUDES'
  | 'EXCLUDES'
  | 'MATCHES_REGEX'
  | 'NOT_MATCHES_REGEX'
  | 'BETWEEN'
  | 'NOT_BETWEEN';

type StringCriterionInput = {
  value: string;
  modifier: CriterionModifier;
};

type IntCriterionInput = {
  value: number;
  value2?: number | null | undefined;
  modifier: CriterionModifier;
};

type FloatCriterionInput = {
  value: number;
  value2?: number | null | undefined;
  modifier: CriterionModifier;
};

type MultiCriterionInput = {
  value?: Array<string> | null | undefined;
  modifier: CriterionModifier;
  excludes?: Array<string> | null | undefined;
};

type GenderCriterionInput = {
  value?: GenderEnum | null | undefined;
  value_list?: Array<GenderEnum> | null | undefined;
  modifier: CriterionModifier;
};

type CircumcisionCriterionInput = {
  value?: Array<CircumcisedEnum> | null | undefined;
  modifier: CriterionModifier;
};

type HierarchicalMultiCriterionInput = {
  value?: Array<string> | null | undefined;
  modifier: CriterionModifier;
  depth?: number | null | undefined;
  excludes?: Array<string> | null | undefined;
};

type DateCriterionInput = {
  value: string;
  value2?: string | null | undefined;
  modifier: CriterionModifier;
};

type TimestampCriterionInput = {
  value: string;
  value2?: string | null | undefined;
  modifier: CriterionModifier;
};

type PhashDistanceCriterionInput = {
  value: string;
  modifier: CriterionModifier;
  distance?: number | null | undefined;
};

type CustomFieldsInput = {
  full?: Record<string, unknown> | null | undefined;
  partial?: Record<string, unknown> | null | undefined;
  remove?: Array<string> | null | undefined;
};

type GenderEnum =
  | 'MALE'
  | 'FEMALE'
  | 'TRANSGENDER_MALE'
  | 'TRANSGENDER_FEMALE'
  | 'INTERSEX'
  | 'NON_BINARY';

type CircumcisedEnum =
  | 'CUT'
  | 'UNCUT';

type PerformerCreateInput = {
  name: string;
  disambiguation?: string | null | undefined;
  url?: string | null | undefined;
  urls?: Array<string> | null | undefined;
  gender?: GenderEnum | null | undefined;
  birthdate?: string | null | undefined;
  ethnicity?: string | null | undefined;
  country?: string | null | undefined;
  eye_color?: string | null | undefined;
  height_cm?: number | null | undefined;
  measurements?: string | null | undefined;
  fake_tits?: string | null | undefined;
  penis_length?: number | null | undefined;
  circumcised?: CircumcisedEnum | null | undefined;
  career_length?: string | null | undefined;
  career_start?: string | null | undefined;
  career_end?: string | null | undefined;
  tattoos?: string | null | undefined;
  piercings?: string | null | undefined;
  alias_list?: Array<string> | null | undefined;
  twitter?: string | null | undefined;
  instagram?: string | null | undefined;
  favorite?: boolean | null | undefined;
  tag_ids?: Array<string> | null | undefined;
  image?: string | null | undefined;
  stash_ids?: Array<StashIdInput> | null | undefined;
  rating100?: number | null | undefined;
  details?: string | null | undefined;
  death_date?: string | null | undefined;
  hair_color?: string | null | undefined;
  weight?: number | null | undefined;
  ignore_auto_tag?: boolean | null | undefined;
  custom_fields?: Record<string, unknown> | null | undefined;
};

type PerformerUpdateInput = {
  id: string;
  name?: string | null | undefined;
  disambiguation?: string | null | undefined;
  url?: string | null | undefined;
  urls?: Array<string> | null | undefined;
  gender?: GenderEnum | null | undefined;
  birthdate?: string | null | undefined;
  ethnicity?: string | null | undefined;
  country?: string | null | undefined;
  eye_color?: string | null | undefined;
  height_cm?: number | null | undefined;
  measurements?: string | null | undefined;
  fake_tits?: string | null | undefined;
  penis_length?: number | null | undefined;
  circumcised?: CircumcisedEnum | null | undefined;
  career_length?: string | null | undefined;
  career_start?: string | null | undefined;
  career_end?: string | null | undefined;
  tattoos?: string | null | undefined;
  piercings?: string | null | undefined;
  alias_list?: Array<string> | null | undefined;
  twitter?: string | null | undefined;
  instagram?: string | null | undefined;
  favorite?: boolean | null | undefined;
  tag_ids?: Array<string> | null | undefined;
  image?: string | null | undefined;
  stash_ids?: Array<StashIdInput> | null | undefined;
  rating100?: number | null | undefined;
  details?: string | null | undefined;
  death_date?: string | null | undefined;
  hair_color?: string | null | undefined;
  weight?: number | null | undefined;
  ignore_auto_tag?: boolean | null | undefined;
  custom_fields?: CustomFieldsInput | null | undefined;
};

type BulkUpdateIdMode =
  | 'SET'
  | 'ADD'
  | 'REMOVE';

type BulkUpdateIds = {
  ids?: Array<string> | null | undefined;
  mode: BulkUpdateIdMode;
};

type StashIdInput = {
  endpoint: string;
  stash_id: string;
  updated_at?: string | null | undefined;
};

type TagCreateInput = {
  name: string;
  sort_name?: string | null | undefined;
  description?: string | null | undefined;
  aliases?: Array<string> | null | undefined;
  ignore_auto_tag?: boolean | null | undefined;
  favorite?: boolean | null | undefined;
  image?: string | null | undefined;
  stash_ids?: Array<StashIdInput> | null | undefined;
  parent_ids?: Array<string> | null | undefined;
  child_ids?: Array<string> | null | undefined;
  custom_fields?: Record<string, unknown> | null | undefined;
};

type RollcallAddToGalleriesMutationVariables = Exact<{
  ids?: Array<string> | string | null | undefined;
  performers?: BulkUpdateIds | null | undefined;
}>;


type RollcallAddToGalleriesMutation = { bulkGalleryUpdate: Array<{ id: string, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, stash_ids: Array<{ endpoint: string, stash_id: string }> }> }> | null };

type RollcallAddToImagesMutationVariables = Exact<{
  ids?: Array<string> | string | null | undefined;
  performers?: BulkUpdateIds | null | undefined;
}>;


type RollcallAddToImagesMutation = { bulkImageUpdate: Array<{ id: string, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, stash_ids: Array<{ endpoint: string, stash_id: string }> }> }> | null };

type RollcallAddToScenesMutationVariables = Exact<{
  ids?: Array<string> | string | null | undefined;
  performers?: BulkUpdateIds | null | undefined;
  tags?: BulkUpdateIds | null | undefined;
}>;


type RollcallAddToScenesMutation = { bulkSceneUpdate: Array<{ id: string, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, stash_ids: Array<{ endpoint: string, stash_id: string }> }>, tags: Array<{ id: string, name: string }> }> | null };

type RollcallBackupMutationVariables = Exact<{ [key: string]: never; }>;


type RollcallBackupMutation = { backupDatabase: string | null };

type RollcallConfigurationQueryVariables = Exact<{
  plugin?: Array<string> | string | null | undefined;
}>;


type RollcallConfigurationQuery = { configuration: { plugins: Record<string, Record<string, unknown>>, general: { stashBoxes: Array<{ endpoint: string, name: string }> }, interface: { language: string | null } }, version: { version: string | null } };

type RollcallConfigureMutationVariables = Exact<{
  plugin: string;
  input: Record<string, unknown>;
}>;


type RollcallConfigureMutation = { configurePlugin: Record<string, unknown> };

type RollcallCreatePerformerMutationVariables = Exact<{
  input: PerformerCreateInput;
}>;


type RollcallCreatePerformerMutation = { performerCreate: { id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> } | null };

type RollcallCreateTagMutationVariables = Exact<{
  input: TagCreateInput;
}>;


type RollcallCreateTagMutation = { tagCreate: { id: string, name: string } | null };

type RollcallDestroyPerformerMutationVariables = Exact<{
  id: string;
}>;


type RollcallDestroyPerformerMutation = { performerDestroy: boolean };

type RollcallGalleryImagesQueryVariables = Exact<{
  gallery?: Array<string> | string | null | undefined;
  page?: number | null | undefined;
  per_page?: number | null | undefined;
}>;


type RollcallGalleryImagesQuery = { findImages: { count: number, images: Array<{ id: string, title: string | null, paths: { image: string | null, thumbnail: string | null } }> } };

type RollcallGalleryQueryVariables = Exact<{
  id: string;
}>;


type RollcallGalleryQuery = { findGallery: { id: string, title: string | null, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> } | null };

type RollcallGenerateSpriteMutationVariables = Exact<{
  ids?: Array<string> | string | null | undefined;
}>;


type RollcallGenerateSpriteMutation = { metadataGenerate: string };

type RollcallImageQueryVariables = Exact<{
  id: string;
}>;


type RollcallImageQuery = { findImage: { id: string, title: string | null, paths: { image: string | null, thumbnail: string | null }, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> } | null };

type RollcallPerformerImagesQueryVariables = Exact<{
  performer?: Array<string> | string | null | undefined;
  per_page?: number | null | undefined;
}>;


type RollcallPerformerImagesQuery = { findImages: { images: Array<{ id: string, title: string | null, paths: { image: string | null, thumbnail: string | null }, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> }> } };

type RollcallPerformerQueryVariables = Exact<{
  id: string;
}>;


type RollcallPerformerQuery = { findPerformer: { id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, scene_count: number, image_count: number, gallery_count: number, stash_ids: Array<{ endpoint: string, stash_id: string }> } | null };

type RollcallPerformersQueryVariables = Exact<{
  performer_filter?: PerformerFilterType | null | undefined;
  filter?: FindFilterType | null | undefined;
}>;


type RollcallPerformersQuery = { findPerformers: { count: number, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> } };

type RollcallSavedFiltersQueryVariables = Exact<{ [key: string]: never; }>;


type RollcallSavedFiltersQuery = { findSavedFilters: Array<{ id: string, name: string, object_filter: Record<string, unknown> | null, find_filter: { q: string | null } | null }> };

type RollcallSceneQueryVariables = Exact<{
  id: string;
}>;


type RollcallSceneQuery = { findScene: { id: string, title: string | null, organized: boolean, files: Array<{ basename: string, duration: number, width: number, height: number, size: number, video_codec: string }>, paths: { screenshot: string | null, preview: string | null, sprite: string | null, vtt: string | null }, scene_markers: Array<{ seconds: number, screenshot: string }>, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> } | null };

type RollcallScenesQueryVariables = Exact<{
  scene_filter?: SceneFilterType | null | undefined;
  filter?: FindFilterType | null | undefined;
}>;


type RollcallScenesQuery = { findScenes: { count: number, scenes: Array<{ id: string, title: string | null, organized: boolean, files: Array<{ basename: string, duration: number, width: number, height: number, size: number, video_codec: string }>, paths: { screenshot: string | null, preview: string | null, sprite: string | null, vtt: string | null }, scene_markers: Array<{ seconds: number, screenshot: string }>, performers: Array<{ id: string, name: string, disambiguation: string | null, image_path: string | null, ignore_auto_tag: boolean, stash_ids: Array<{ endpoint: string, stash_id: string }> }> }> } };

type RollcallScrapePerformerQueryVariables = Exact<{
  endpoint: string;
  query: string;
}>;


type RollcallScrapePerformerQuery = { scrapeSinglePerformer: Array<{ remote_site_id: string | null, name: string | null, disambiguation: string | null, gender: string | null, birthdate: string | null, death_date: string | null, ethnicity: string | null, country: string | null, eye_color: string | null, hair_color: string | null, height: string | null, weight: string | null, measurements: string | null, fake_tits: string | null, tattoos: string | null, piercings: string | null, aliases: string | null, urls: Array<string> | null, details: string | null, images: Array<string> | null }> };

type RollcallTagsQueryVariables = Exact<{
  tag_filter?: TagFilterType | null | undefined;
}>;


type RollcallTagsQuery = { findTags: { tags: Array<{ id: string, name: string }> } };

type RollcallUpdatePerformerMutationVariables = Exact<{
  input: PerformerUpdateInput;
}>;


type RollcallUpdatePerformerMutation = { performerUpdate: { id: string, name: string, stash_ids: Array<{ endpoint: string, stash_id: string }> } | null };

declare module "*/add-to-galleries.graphql" {
  const text: GraphqlText<RollcallAddToGalleriesMutation, RollcallAddToGalleriesMutationVariables>;
  export default text;
}
declare module "*/add-to-images.graphql" {
  const text: GraphqlText<RollcallAddToImagesMutation, RollcallAddToImagesMutationVariables>;
  export default text;
}
declare module "*/add-to-scenes.graphql" {
  const text: GraphqlText<RollcallAddToScenesMutation, RollcallAddToScenesMutationVariables>;
  export default text;
}
declare module "*/backup.graphql" {
  const text: GraphqlText<RollcallBackupMutation, RollcallBackupMutationVariables>;
  export default text;
}
declare module "*/configuration.graphql" {
  const text: GraphqlText<RollcallConfigurationQuery, RollcallConfigurationQueryVariables>;
  export default text;
}
declare module "*/configure.graphql" {
  const text: GraphqlText<RollcallConfigureMutation, RollcallConfigureMutationVariables>;
  export default text;
}
declare module "*/create-performer.graphql" {
  const text: GraphqlText<RollcallCreatePerformerMutation, RollcallCreatePerformerMutationVariables>;
  export default text;
}
declare module "*/create-tag.graphql" {
  const text: GraphqlText<RollcallCreateTagMutation, RollcallCreateTagMutationVariables>;
  export default text;
}
declare module "*/destroy-performer.graphql" {
  const text: GraphqlText<RollcallDestroyPerformerMutation, RollcallDestroyPerformerMutationVariables>;
  export default text;
}
declare module "*/gallery-images.graphql" {
  const text: GraphqlText<RollcallGalleryImagesQuery, RollcallGalleryImagesQueryVariables>;
  export default text;
}
declare module "*/gallery.graphql" {
  const text: GraphqlText<RollcallGalleryQuery, RollcallGalleryQueryVariables>;
  export default text;
}
declare module "*/generate-sprite.graphql" {
  const text: GraphqlText<RollcallGenerateSpriteMutation, RollcallGenerateSpriteMutationVariables>;
  export default text;
}
declare module "*/image.graphql" {
  const text: GraphqlText<RollcallImageQuery, RollcallImageQueryVariables>;
  export default text;
}
declare module "*/performer-images.graphql" {
  const text: GraphqlText<RollcallPerformerImagesQuery, RollcallPerformerImagesQueryVariables>;
  export default text;
}
declare module "*/performer.graphql" {
  const text: GraphqlText<RollcallPerformerQuery, RollcallPerformerQueryVariables>;
  export default text;
}
declare module "*/performers.graphql" {
  const text: GraphqlText<RollcallPerformersQuery, RollcallPerformersQueryVariables>;
  export default text;
}
declare module "*/saved-filters.graphql" {
  const text: GraphqlText<RollcallSavedFiltersQuery, RollcallSavedFiltersQueryVariables>;
  export default text;
}
declare module "*/scene.graphql" {
  const text: GraphqlText<RollcallSceneQuery, RollcallSceneQueryVariables>;
  export default text;
}
declare module "*/scenes.graphql" {
  const text: GraphqlText<RollcallScenesQuery, RollcallScenesQueryVariables>;
  export default text;
}
declare module "*/scrape-performer.graphql" {
  const text: GraphqlText<RollcallScrapePerformerQuery, RollcallScrapePerformerQueryVariables>;
  export default text;
}
declare module "*/tags.graphql" {
  const text: GraphqlText<RollcallTagsQuery, RollcallTagsQueryVariables>;
  export default text;
}
declare module "*/update-performer.graphql" {
  const text: GraphqlText<RollcallUpdatePerformerMutation, RollcallUpdatePerformerMutationVariables>;
  export default text;
}
