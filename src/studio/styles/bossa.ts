/** Bossa nova: nylon guitar in its own clave, soft bass on one and three, flute and vibraphone. */
import type { Style } from "../style.ts";

const bossa: Style = {
  key: "bossa",
  name: "Bossa nova",
  words: {
    "bossa nova": 5,
    bossa: 5,
    brazilian: 3.5,
    brazil: 3,
    samba: 3.5,
    "nylon guitar": 1.5,
    ipanema: 3,
    rio: 2,
    beach: 1.5,
    lounge: 1.5,
    breezy: 2,
    tropical: 1.5,
    elevator: 1.5,
    cocktail: 1,
    summer: 1,
  },
  tempo: [116, 138],
  modes: [
    ["ionian", 6],
    ["dorian", 3],
  ],
  chords: "ninths",
  progressions: {
    major: {
      verse: ["1 27 2 57", "1 1 27 27", "1 6 2 57", "1 b6M 1 57"],
      chorus: ["4 4m 3 67", "2 57 3 67", "4 b7M 1 67"],
      bridge: ["b2M b2M 2 57", "4m b7M b3M b6M", "3 67 2 57"],
      cadence: "2 57",
    },
    minor: {
      verse: ["1 4 57 1", "1 6 2d 57", "1 17 4 7"],
      chorus: ["4 7 3 6", "2d 57 1 17", "6 57 1 1"],
      bridge: ["4 4 b2M 57", "3 6 2d 57"],
      cadence: "2d 57",
    },
  },
  swing: { unit: 1, ratio: 0.5 },
  energy: { intro: 0.4, verse: 0.58, chorus: 0.74, bridge: 0.62, outro: 0.45 },
  ring: 0.9,
  parts: [
    {
      role: "chords",
      channel: { program: 24, levelDb: -0.5, pan: -0.2, reverb: 0.2 },
      enters: 0,
      loose: 8,
      range: [50, 69],
      strumMs: 6,
      figures: {
        calm: ["x---..x-..x-..x-", "..x-..x---x-..x-"],
        full: ["x--x--x-..x--x--", "..x--x--x-..x-x-", "x-x---x-.x-..x--"],
      },
    },
    {
      role: "bass",
      channel: { program: 32, levelDb: 1, pan: 0, reverb: 0.06, lowpass: 2500 },
      enters: 0.3,
      loose: 6,
      range: [29, 46],
      figures: {
        calm: ["R-----5-5-----5-", "R-------5-------"],
        full: ["R----R5-5----5R-", "R-----5-5----5a-"],
      },
    },
    {
      role: "drums",
      channel: { program: 40, levelDb: -4, pan: 0.1, reverb: 0.12 },
      enters: 0.42,
      loose: 6,
      crash: null,
      calm: [
        { rim: "x..x..x...x..x..", shaker: "xoxoxoxoxoxoxoxo" },
        { rim: "..x..x..x..x..x.", shaker: "xoxoxoxoxoxoxoxo", kick: "o.....o.o.....o." },
      ],
      full: [
        { rim: "x..x..x...x..x..", shaker: "xoxoxoxoxoxoxoxo", kick: "x.....oxx.....ox" },
        {
          rim: "..x.x...x..x..x.",
          hat: "xoxoxoxoxoxoxoxo",
          kick: "x.....oxx.....ox",
          conga: ".......o......oo",
        },
      ],
      fills: [
        { rim: "........x..x.xx.", lowConga: "............x.x." },
        { conga: "........o.x.oox.", kick: "........x.....ox" },
      ],
    },
    {
      role: "melody",
      channel: { program: 73, levelDb: 4, pan: 0.2, reverb: 0.3, lowpass: 8500 },
      enters: 0.5,
      loose: 18,
      range: [60, 81],
      leap: 1.2,
      legato: 0.92,
      figures: {
        calm: ["x---x-x---x-----", "..x---x-x-------"],
        full: ["x--x--x-..x--x--", "..x-x--x--x-x---", "x-x-x-..x--x----"],
      },
    },
    {
      role: "melody",
      channel: { program: 11, levelDb: 7, pan: 0.25, reverb: 0.3 },
      enters: 0.45,
      loose: 12,
      range: [60, 82],
      leap: 1.4,
      legato: 0.95,
      figures: {
        calm: ["x---..x---..x---", "x-----x---x-----"],
        full: ["x--x--x--x--x---", "..x--x--x-x-x---"],
      },
    },
    {
      role: "pad",
      channel: { program: 49, levelDb: -9.5, pan: 0, width: 0.5, reverb: 0.4, highpass: 250 },
      enters: 0.66,
      loose: 10,
      range: [57, 76],
      figures: { calm: ["x---------------"], full: ["x---------------"] },
    },
  ],
  reverb: { seconds: 1.4, damping: 0.45, predelay: 0.015, levelDb: -6 },
  echo: { beats: 0.5, feedback: 0.1, levelDb: -24 },
  titles: {
    first: ["Praia", "Saudade", "Soft Sand", "Copacabana", "Late Sun", "Jasmine", "A Little Boat"],
    second: ["Azul", "at Noon", "Breeze", "for Marina", "Waltzing", "Blue", "Song"],
  },
};

export default bossa;
