import { GalleryCard } from "../cards.jsx";
import { GQL } from "../gql.js";
import { List } from "./lists.jsx";

const items = ({ findGalleries: { count, galleries } }) => ({ count, list: galleries });

export default function Galleries() {
  return <List title="Galleries" query={GQL.useFindGalleriesQuery} items={items} card={(gallery) => <GalleryCard key={gallery.id} gallery={gallery} />} />;
}
