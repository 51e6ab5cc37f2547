// Read a list of Adaptive Cards with Microsoft's own parser; print all it has to say about them.
const cards = JSON.parse(require("fs").readFileSync(0, "utf8"));
const parser = require(process.argv[2]);
const said = cards.flatMap((content, place) => {
  const context = new parser.SerializationContext(parser.Versions.v1_5);
  const card = new parser.AdaptiveCard();
  card.parse(content, context);
  const events = [...Array(context.eventCount).keys()].map((n) => context.getEventAt(n));
  return [...events, ...card.validateProperties().validationEvents].map((e) => [place, e.message]);
});
console.log(JSON.stringify({ read: cards.length, said }));
