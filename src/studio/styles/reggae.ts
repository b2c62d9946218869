/** Reggae and dub: the bass leads, chords skank off the beat, the drums drop the one, echoes answer. */
import type { Style } from "../style.ts";

const reggae: Style = {
  key: "reggae",
  name: "Reggae",
  words: {
    reggae: 5,
    dub: 4,
    ska: 3,
    rasta: 3.5,
    jamaica: 3.5,
    jamaican: 3.5,
    dancehall: 3,
    skank: 3,
    rocksteady: 3.5,
    island: 2,
    caribbean: 2.5,
    "one drop": 3,
    "laid back": 1,
    "steel drums": 1.5,
  },
  tempo: [70, 82],
  modes: [
    ["aeolian", 4],
    ["ionian", 4],
    ["mixolydian", 2],
  ],
  chords: "triads",
  progressions: {
    major: {
      verse: ["1 1 4 4", "1 4 1 5", "1 2 1 2", "1 b7M 1 b7M"],
      chorus: ["1 5 6 4", "4 5 1 1", "4 1 5 1"],
      bridge: ["6 6 4 5", "2 2 5 5"],
      cadence: "4 5",
    },
    minor: {
      verse: ["1 1 4 4", "1 7 1 7", "1 4 1 5m"],
      chorus: ["6 7 1 1", "1 7 6 7", "4 1 7 1"],
      bridge: ["6 6 4 5m", "4 4 7 7"],
      cadence: "4 5m",
    },
  },
  swing: { unit: 1, ratio: 0.57 },
  energy: { intro: 0.45, verse: 0.64, chorus: 0.82, bridge: 0.5, outro: 0.5 },
  ring: 0.9,
  parts: [
    {
      role: "bass",
      channel: { program: 33, levelDb: 7, pan: 0, reverb: 0.02, lowpass: 650, drive: 1.5 },
      enters: 0.35,
      loose: 8,
      range: [26, 43],
      figures: {
        calm: ["R---..R-3---5---", "..R-R---5---3---"],
        full: ["R--R..5-O---5-3-", "..R-R-R-3---5-a-", "R-R-..3-5-..5-3-", "R---3-5-..5-3-R-"],
      },
    },
    {
      role: "chords",
      channel: { program: 28, levelDb: 4.5, pan: -0.4, reverb: 0.18, echo: 0.15, highpass: 300 },
      enters: 0.3,
      loose: 6,
      range: [57, 76],
      strumMs: 5,
      figures: {
        calm: ["....x.......x..."],
        full: ["....X.......X...", "....Xo......Xo.."],
      },
    },
    {
      role: "chords",
      channel: { program: 16, levelDb: 8, pan: 0.35, reverb: 0.15, echo: 0.2, highpass: 250 },
      enters: 0.5,
      loose: 6,
      range: [55, 74],
      figures: {
        calm: ["....x.......x...", "..x.x.x...x.x.x."],
        full: ["..x.X.x...x.X.x.", "..o.x.o...o.x.o."],
      },
    },
    {
      role: "drums",
      channel: { program: 0, levelDb: 7, pan: 0, reverb: 0.2, drive: 1.2 },
      enters: 0.42,
      loose: 7,
      crash: "crash",
      calm: [
        { kick: "........X.......", rim: "........X.......", hat: "x.xxx.x.x.xxx.x." },
        { kick: "........X.......", rim: "....o...X.....o.", hat: "x.x.x.x.x.x.x.x." },
      ],
      full: [
        {
          kick: "........X.......",
          snare: "........X.......",
          hat: "xoxxxoxox.xxxoxo",
          rim: "......o.......o.",
        },
        { kick: "X...X...X...X...", rim: "....x...X...x...", hat: "x.xxx.xxx.xxx.xx" },
        {
          kick: "........X.....o.",
          rim: "...x..x.X..x....",
          hat: "x.x.x.x.x.x.x.x.",
          open: "..............x.",
        },
      ],
      fills: [
        { timbale: "........x.xxx.x.", kick: "........X......." },
        { snare: "........X..xxxX.", rim: "..........x....." },
        { highTom: "........xxx.....", lowTom: "...........xx.X." },
      ],
    },
    {
      role: "melody",
      channel: { program: 57, levelDb: -1, pan: 0.15, reverb: 0.3, echo: 0.35, lowpass: 6000 },
      enters: 0.55,
      loose: 15,
      range: [53, 72],
      leap: 1.3,
      legato: 0.85,
      figures: {
        calm: ["x---x---........", "..x-x-x---......"],
        full: ["x-x-x---..x-x---", "..x-x-x-x---....", "x---x-x-x-......"],
      },
    },
    {
      role: "melody",
      channel: { program: 22, levelDb: 7, pan: -0.1, reverb: 0.35, echo: 0.4 },
      enters: 0.42,
      loose: 14,
      range: [60, 79],
      leap: 1.2,
      legato: 0.95,
      figures: {
        calm: ["x-----x-x-------", "....x---x-------"],
        full: ["x---x-x-x-------", "x-x-..x-x---x---"],
      },
    },
  ],
  reverb: { seconds: 2, damping: 0.5, predelay: 0.02, levelDb: -5 },
  echo: { beats: 0.75, feedback: 0.58, levelDb: -5 },
  titles: {
    first: ["Sunday", "Island", "Roots", "Mango Tree", "Easy", "Zion", "Warm Rain"],
    second: ["Dub", "Rock", "Road", "Version", "Skank", "Morning", "Chapter"],
  },
};

export default reggae;
