/** Funk: slap bass in front, clavinet and muted guitar in sixteenths, horns that punch. */
import type { Style } from "../style.ts";

const funk: Style = {
  key: "funk",
  name: "Funk",
  words: {
    funk: 4,
    funky: 4,
    "p funk": 4,
    "slap bass": 3,
    clavinet: 3,
    groove: 1.5,
    groovy: 2,
    "acid jazz": 3,
    fusion: 2,
    blaxploitation: 3,
    "wah wah": 2,
    horns: 1.5,
    "brass section": 1.5,
    motown: 1,
    strut: 1,
  },
  tempo: [98, 114],
  modes: [
    ["dorian", 6],
    ["mixolydian", 4],
  ],
  chords: "ninths",
  progressions: {
    major: {
      verse: ["17 17 17 47", "17 17 b7M 47", "17 47 17 47"],
      chorus: ["47 47 17 17", "b7M 47 17 17", "2m 57 17 17"],
      bridge: ["b6M b7M 17 17", "47 47 27 57"],
      cadence: "47 57",
    },
    minor: {
      verse: ["1 1 1 4", "1 4 1 4", "1 1 7 4"],
      chorus: ["4 4 1 1", "6M 57 1 1", "1 b3M 4 1"],
      bridge: ["2 57 1 1", "b7M b7M 4 57"],
      cadence: "4 57",
    },
  },
  swing: { unit: 1, ratio: 0.55 },
  energy: { intro: 0.5, verse: 0.66, chorus: 0.92, bridge: 0.56, outro: 0.6 },
  ring: 0.5,
  parts: [
    {
      role: "drums",
      channel: { program: 8, levelDb: 1.5, pan: 0, reverb: 0.08, drive: 1.2 },
      enters: 0.4,
      loose: 5,
      crash: "crash",
      calm: [
        { kick: "X.....x...x..x..", snare: "....X..o.o..X...", hat: "x.xxx.xxx.xxx.xx" },
        { kick: "X..x......x.....", snare: "....X..o....X..o", hat: "xoxoxoxoxoxoxoxo" },
      ],
      full: [
        {
          kick: "X.x...x...x..x..",
          snare: "....X..o.o..X..o",
          hat: "xoxxxoxoxoxxxo.o",
          open: "..............x.",
        },
        { kick: "X..x..x..xx.....", snare: "....X.o..o..X.oo", hat: "xxxoxxxoxxxoxxxo" },
        {
          kick: "X.....xx..x..x..",
          snare: "o..oX..o.o.oX..o",
          hat: "x.x.x.x.x.x.x...",
          open: "..............X.",
        },
      ],
      fills: [
        { snare: "........xoxxoxXX", kick: "........x..x...." },
        { snare: "........X..X..X.", lowTom: "..........x..x.x" },
        { highTom: "........xx......", midTom: "..........xx....", lowTom: "............xxXX" },
      ],
    },
    {
      role: "bass",
      channel: { program: 36, levelDb: 8, pan: 0, reverb: 0.02, drive: 1.4, treble: 2 },
      enters: 0.42,
      loose: 5,
      range: [28, 48],
      figures: {
        calm: ["R-....R.O...7.5.", "R-..R.....R.7.O."],
        full: ["R.RO..R.7.O..5.a", "R-.R.O..R..7.OR.", "R.O.R..RO.7.5.a.", "RR..O.7.R.R.O.5a"],
      },
    },
    {
      role: "chords",
      channel: { program: 7, levelDb: -1.5, pan: -0.35, reverb: 0.08, highpass: 180 },
      enters: 0.45,
      loose: 5,
      range: [52, 72],
      figures: {
        calm: ["x..x..x...x.x...", "..x..x..x..x..x."],
        full: ["x.xx.x.x..xx.xx.", "xx.x..xx.x.xx.x.", "X..x.xx.X..x.xx."],
      },
    },
    {
      role: "chords",
      channel: { program: 28, levelDb: -2.5, pan: 0.5, reverb: 0.08, highpass: 250, treble: 3 },
      enters: 0.6,
      loose: 5,
      range: [57, 76],
      strumMs: 4,
      figures: {
        calm: ["....x.......x...", "..x...x...x...x."],
        full: ["xoxxoxXoxoxxoxXo", "..xX..xX..xX.xxX"],
      },
    },
    {
      role: "counter",
      channel: { program: 61, levelDb: 6, pan: 0.15, reverb: 0.2, width: 0.4 },
      enters: 0.7,
      loose: 8,
      range: [58, 77],
      leap: 1.4,
      legato: 0.5,
      figures: {
        calm: ["x...............", "............x.x."],
        full: ["x.x...........x.", "..........x.xx..", "x..x..x........."],
      },
    },
    {
      role: "melody",
      channel: { program: 65, levelDb: 6, pan: 0.1, reverb: 0.2 },
      enters: 0.6,
      loose: 10,
      range: [58, 79],
      leap: 1.5,
      legato: 0.75,
      figures: {
        calm: ["..x.x.x---......", "x..x..x---......"],
        full: ["x.xx.x.x.x--....", "..xx.xx.x.x-x-..", "x..x..xx.x.x----"],
      },
    },
    {
      role: "melody",
      channel: { program: 16, levelDb: 8.5, pan: -0.1, reverb: 0.15, drive: 1.5 },
      enters: 0.5,
      loose: 8,
      range: [60, 81],
      leap: 1.3,
      legato: 0.8,
      figures: {
        calm: ["x--x--x-....x---", "....x.x.x---...."],
        full: ["x.x.xx.x..x.x---", "x--xx-.xx-.xx---"],
      },
    },
  ],
  reverb: { seconds: 0.9, damping: 0.5, predelay: 0.008, levelDb: -8 },
  echo: { beats: 0.5, feedback: 0.1, levelDb: -22 },
  titles: {
    first: ["Greasy", "Strut", "Brother", "Hot Sauce", "Uptown", "Sidewalk", "Get It"],
    second: ["Thing", "Boogie", "Down", "Walk", "Machine", "Junction", "(Part 2)"],
  },
};

export default funk;
