/** Chiptune: square waves alone, arpeggios instead of chords, a dry electronic kit, no rooms. */
import type { Style } from "../style.ts";

const chiptune: Style = {
  key: "chiptune",
  name: "Chiptune",
  words: {
    chiptune: 5,
    "8 bit": 5,
    "8bit": 5,
    "16 bit": 4,
    nes: 4,
    "game boy": 4.5,
    gameboy: 4.5,
    "video game": 3.5,
    "retro game": 4,
    arcade: 3.5,
    pixel: 3,
    platformer: 3.5,
    nintendo: 3.5,
    gaming: 2,
    "boss fight": 2,
    level: 1,
    quest: 1,
  },
  tempo: [140, 168],
  modes: [
    ["ionian", 5],
    ["aeolian", 4],
    ["lydian", 2],
  ],
  chords: "triads",
  progressions: {
    major: {
      verse: ["1 5 6 4", "1 4 1 5", "1 b7M b6M 5M"],
      chorus: ["4 5 1 6", "b6M b7M 1 1", "4 5 3 6"],
      bridge: ["6 3 4 1", "2 3 4 5", "b3M b7M 4 5"],
      cadence: "b6M b7M",
    },
    minor: {
      verse: ["1 6 3 7", "1 7 6 5M", "1 1 6 7"],
      chorus: ["6 7 1 3", "4 7 3 6", "1 3 6 5M"],
      bridge: ["4 1 4 5M", "6 6 b2M 5M"],
      cadence: "6 5M",
    },
  },
  swing: { unit: 1, ratio: 0.5 },
  energy: { intro: 0.46, verse: 0.66, chorus: 0.92, bridge: 0.56, outro: 0.6 },
  ring: 0.4,
  parts: [
    {
      role: "arpeggio",
      channel: { program: 80, levelDb: -3, pan: -0.45, reverb: 0.02, highpass: 200 },
      enters: 0.4,
      loose: 0,
      range: [60, 84],
      figures: {
        calm: ["0.1.2.1.0.1.2.1.", "0120120120120120"],
        full: ["0123210301232103", "0120120301201203", "0210213002102130"],
      },
    },
    {
      role: "arpeggio",
      channel: { program: 80, levelDb: -3.5, pan: 0.45, reverb: 0.02, highpass: 200 },
      enters: 0.6,
      loose: 0,
      range: [52, 72],
      figures: {
        calm: ["2...1...0...1..."],
        full: ["2.2.1.1.0.0.1.1.", "2..21..10..01..1"],
      },
    },
    {
      role: "bass",
      channel: { program: 80, levelDb: 3, pan: 0, reverb: 0, lowpass: 2400 },
      enters: 0.4,
      loose: 0,
      range: [33, 52],
      figures: {
        calm: ["R.R.R.R.R.R.R.R.", "R...O...R...O..."],
        full: ["R.ROR.ROR.ROR.RO", "R.O.R.O.R.O.5.a.", "RRO.RRO.RRO.R.5."],
      },
    },
    {
      role: "drums",
      channel: { program: 24, levelDb: -1.5, pan: 0, reverb: 0, drive: 1.8, treble: 3 },
      enters: 0.45,
      loose: 0,
      crash: "open",
      calm: [
        { kick: "X.......X.......", snare: "....X.......X...", hat: "x.x.x.x.x.x.x.x." },
        { kick: "X.....x.X.......", snare: "....X.......X...", hat: "x...x...x...x..." },
      ],
      full: [
        { kick: "X..x..x.X..x....", snare: "....X.......X..x", hat: "xxxxxxxxxxxxxxxx" },
        { kick: "X.x...x.X.x...x.", snare: "....X..x....X.xx", hat: "x.x.x.x.x.x.x.x." },
      ],
      fills: [
        { snare: "........xxxxXXXX" },
        { snare: "........x.xxx.xX", kick: "........x...x..." },
      ],
    },
    {
      role: "melody",
      channel: { program: 80, levelDb: 2.5, pan: 0.05, reverb: 0.03, echo: 0.25 },
      enters: 0.45,
      loose: 0,
      range: [67, 91],
      leap: 1.6,
      legato: 0.8,
      figures: {
        calm: ["x---x-x-x---x---", "x-x-x---x-x-x---"],
        full: ["x-x-xxx-x-x-x---", "x--x--x-x-x-xxx-", "xxx-x-x-x--x--x-"],
      },
    },
    {
      role: "counter",
      channel: { program: 80, levelDb: -3, pan: 0.25, reverb: 0.02, echo: 0.2 },
      enters: 0.75,
      loose: 0,
      range: [60, 79],
      leap: 1.3,
      legato: 0.7,
      figures: { calm: ["x-------x-------"], full: ["x---x---x---x---", "..x-..x-..x-..x-"] },
    },
  ],
  reverb: { seconds: 0.4, damping: 0.5, predelay: 0.005, levelDb: -12 },
  echo: { beats: 0.5, feedback: 0.3, levelDb: -8 },
  titles: {
    first: ["Level", "Pixel", "Warp", "Boss", "Cloud", "Princess", "Power-Up"],
    second: ["1-1", "Quest", "Castle", "Zone", "Theme", "Run", "(Game Over)"],
  },
};

export default chiptune;
