import { ImageCard } from "../cards.jsx";
import { GQL } from "../gql.js";
import { List } from "./lists.jsx";

const items = ({ findImages: { count, images } }) => ({ count, list: images });

export default function Images() {
  return <List title="Images" query={GQL.useFindImagesQuery} items={items} card={(image) => <ImageCard key={image.id} image={image} />} />;
}
