/** Solo piano: broken chords in the left hand, a singing right hand, a hint of strings. */
import type { Style } from "../style.ts";

const piano: Style = {
  key: "piano",
  name: "Solo piano",
  words: {
    piano: 3,
    "solo piano": 5,
    "piano solo": 5,
    pianist: 3,
    neoclassical: 3,
    ballad: 2.5,
    nocturne: 3,
    waltz: 1.5,
    lullaby: 2.5,
    emotional: 1.5,
    romantic: 1,
    minimalist: 1.5,
    keys: 1,
    intimate: 1.5,
    tender: 1.5,
    sad: 0.5,
  },
  tempo: [64, 92],
  modes: [
    ["ionian", 5],
    ["aeolian", 5],
    ["lydian", 1],
  ],
  chords: "triads",
  progressions: {
    major: {
      verse: ["1 5 6 4", "1 3 6 4", "1 6 4 5"],
      chorus: ["4 5 3 6", "6 4 1 5", "4 1 2 5"],
      bridge: ["2 5 3 67", "6 3 4 4m", "b6M b7M 1 1"],
      cadence: "4+4m 5",
    },
    minor: {
      verse: ["1 6 3 7", "1 4 6 5M", "1 7 6 5M"],
      chorus: ["6 7 3 1", "4 7 3 6", "6 3 4 1"],
      bridge: ["4 1 2d 5M", "3 7 6 6", "6 4 1 5M"],
      cadence: "4 5M",
    },
  },
  swing: { unit: 2, ratio: 0.5 },
  energy: { intro: 0.35, verse: 0.52, chorus: 0.78, bridge: 0.5, outro: 0.35 },
  ring: 1.4,
  parts: [
    {
      role: "arpeggio",
      channel: { program: 0, levelDb: -1, pan: -0.12, reverb: 0.35 },
      enters: 0,
      loose: 14,
      range: [45, 66],
      figures: {
        calm: ["0---1---2---1---", "0-1-2-------....", "0---2---1---2---"],
        full: ["0-1-2-3-2-1-2-1-", "0-2-1-2-3-2-1-2-", "0-1-2-3-4-3-2-1-"],
      },
    },
    {
      role: "bass",
      channel: { program: 0, levelDb: -2, pan: -0.18, reverb: 0.3 },
      enters: 0,
      loose: 12,
      range: [28, 45],
      figures: {
        calm: ["R---------------"],
        full: ["R-------5-------", "R---------------", "R-------O-------"],
      },
    },
    {
      role: "melody",
      channel: { program: 0, levelDb: 2, pan: 0.12, reverb: 0.4 },
      enters: 0.4,
      loose: 18,
      range: [65, 88],
      leap: 1.3,
      legato: 1.05,
      figures: {
        calm: ["x-------x---x---", "x---x---x-------", "..x-x-x-x-------", "x-----x-x-------"],
        full: ["x-x-x-x-x---x---", "x---x-x-x-x-x---", "x-----x-x-x-x-x-", "x--x--x-x---x---"],
      },
    },
    {
      role: "chords",
      channel: { program: 0, levelDb: -5, pan: 0.08, reverb: 0.35 },
      enters: 0.74,
      loose: 14,
      range: [57, 76],
      strumMs: 9,
      figures: { calm: ["x---------------"], full: ["x-------o-------", "x---o---x---o---"] },
    },
    {
      role: "pad",
      channel: { program: 48, levelDb: -13, pan: 0.1, reverb: 0.6, highpass: 180, lowpass: 5000 },
      enters: 0.6,
      loose: 25,
      range: [52, 74],
      figures: { calm: ["o---------------"], full: ["x---------------"] },
    },
  ],
  reverb: { seconds: 2.4, damping: 0.4, predelay: 0.02, levelDb: -5 },
  echo: { beats: 1, feedback: 0.1, levelDb: -24 },
  titles: {
    first: [
      "Letter",
      "First Snow",
      "Empty Room",
      "Small Hours",
      "Lamplight",
      "Étude",
      "Without Words",
    ],
    second: ["to Nobody", "No. 2", "in Grey", "for Anna", "Revisited", "at Rest", "Remembered"],
  },
};

export default piano;
