/**
 * Artists whose imitation is refused, as data: people and bands whose work or voice is protected, or whose
 * heirs guard it. Composers whose work is in the public domain are not here: "in the style of Bach" is a
 * style. A name that is also a word or another name stands among the ambiguous ones.
 */
export const artists: readonly string[] = [
  ...["abba", "ac dc", "adele", "amy winehouse", "aphex twin", "arctic monkeys", "aretha franklin"],
  ...["ariana grande", "avicii", "bad bunny", "beyonce", "bill evans", "billie eilish"],
  ...[
    "billie holiday",
    "bjork",
    "black sabbath",
    "blackpink",
    "bob dylan",
    "bob marley",
    "bon jovi",
  ],
  ...["bruce springsteen", "bruno mars", "bts", "calvin harris", "celine dion", "chet baker"],
  ...["coldplay", "daft punk", "dave brubeck", "david bowie", "david guetta", "deadmau5"],
  ...["depeche mode", "dolly parton", "dua lipa", "ed sheeran", "ella fitzgerald", "elton john"],
  ...["elvis presley", "eminem", "ennio morricone", "fleetwood mac", "foo fighters", "frank ocean"],
  ...["frank sinatra", "freddie mercury", "gorillaz", "green day", "guns n roses", "hans zimmer"],
  ...[
    "harry styles",
    "imagine dragons",
    "iron maiden",
    "james brown",
    "jay z",
    "jean michel jarre",
  ],
  ...[
    "jimi hendrix",
    "john coltrane",
    "john lennon",
    "johnny cash",
    "joni mitchell",
    "joy division",
  ],
  ...["justin bieber", "kanye west", "katy perry", "kendrick lamar", "kraftwerk", "kurt cobain"],
  ...[
    "lady gaga",
    "lana del rey",
    "led zeppelin",
    "leonard cohen",
    "linkin park",
    "louis armstrong",
  ],
  ...["ludovico einaudi", "marvin gaye", "massive attack", "max richter", "metallica"],
  ...["michael jackson", "miles davis", "miley cyrus", "nick cave", "nicki minaj", "nina simone"],
  ...["olivia rodrigo", "ozzy osbourne", "paul mccartney", "pharrell williams", "phil collins"],
  ...["pink floyd", "post malone", "radiohead", "ray charles", "red hot chili peppers", "rihanna"],
  ...["rolling stones", "selena gomez", "shakira", "skrillex", "snoop dogg", "stevie nicks"],
  ...["stevie wonder", "taylor swift", "the beatles", "the weeknd", "thom yorke", "tom waits"],
  ...["travis scott", "tupac shakur", "tyler the creator", "vangelis", "whitney houston"],
  ...["willie nelson"],
];

/** Words that are artists, too. Only where the words around leave nothing else to be meant. */
export const ambiguousArtists: readonly string[] = [
  ...[
    "beatles",
    "bono",
    "cher",
    "drake",
    "elvis",
    "future",
    "genesis",
    "lorde",
    "madonna",
    "nirvana",
  ],
  ...["oasis", "prince", "queen", "seal", "sia", "sting", "the cure", "the doors", "the police"],
  ...["the who", "tupac", "u2", "usher"],
];

/** What asks for an imitation when it stands before a name. */
export const imitations: readonly string[] = [
  ...["in the style of", "in style of", "style like", "sound like", "sounds like", "sounding like"],
  ...[
    "sound exactly like",
    "sounds exactly like",
    "similar to",
    "imitate",
    "imitating",
    "impersonate",
  ],
  ...[
    "impersonating",
    "impression of",
    "clone",
    "cloning",
    "copy",
    "copying",
    "voice of",
    "vocals of",
  ],
  ...["vocals by", "sung by", "performed by", "as if by", "as sung by", "a song by", "a track by"],
  ...["singing like", "sing like", "rapping like", "rap like", "la manera de", "im stil von"],
  ...["dans le style de", "al estilo de"],
];

/** What asks for one when it stands after a name. */
export const imitationsAfter: readonly string[] = [
  ...[
    "style",
    "type beat",
    "voice",
    "vocals",
    "impression",
    "soundalike",
    "sound alike",
    "imitation",
  ],
  ...["clone", "cover"],
];

/** What may stand between the two without changing anything. */
export const fillers: readonly string[] = [
  ...["the", "a", "an", "artist", "singer", "rapper", "band", "group", "musician", "composer"],
  ...["producer", "legendary", "famous", "great", "s"],
];

/** What may follow an ambiguous name that is meant as an artist. */
export const closers: readonly string[] = [
  ...[
    "and",
    "or",
    "but",
    "with",
    "in",
    "on",
    "at",
    "from",
    "for",
    "song",
    "songs",
    "album",
    "track",
  ],
  ...["style", "vocals", "voice", "type", "band", "live", "please", "circa", "era"],
];
