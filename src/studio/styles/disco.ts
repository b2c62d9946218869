/** Disco: octave bass, open hats between the kicks, strings that soar and a guitar that scratches. */
import type { Style } from "../style.ts";

const disco: Style = {
  key: "disco",
  name: "Disco",
  words: {
    disco: 5,
    "nu disco": 4.5,
    "studio 54": 4,
    saturday: 1.5,
    boogie: 2.5,
    mirrorball: 3,
    "disco ball": 4,
    glitter: 1.5,
    "70s dance": 4,
    "70s": 1,
    roller: 1.5,
    philly: 2.5,
    italo: 2,
    glamorous: 1.5,
  },
  tempo: [112, 124],
  modes: [
    ["dorian", 4],
    ["ionian", 4],
    ["aeolian", 3],
  ],
  chords: "sevenths",
  progressions: {
    major: {
      verse: ["1 6 2 57", "1 1 4 4", "2 57 1 6"],
      chorus: ["4 5 3 6", "4 3 2 57", "1 3 4 5s"],
      bridge: ["4 4m 1 67", "6 6 2 57", "b7M b7M 4 57"],
      cadence: "4 5s",
    },
    minor: {
      verse: ["1 1 4 4", "1 7 6 57", "1 4 7 3"],
      chorus: ["6 7 5m 1", "4 7 3 6", "1 3 4 57"],
      bridge: ["6 6 57 57", "4 5m 6 7"],
      cadence: "4 57",
    },
  },
  swing: { unit: 1, ratio: 0.5 },
  energy: { intro: 0.5, verse: 0.68, chorus: 0.94, bridge: 0.58, outro: 0.62 },
  ring: 0.7,
  parts: [
    {
      role: "drums",
      channel: { program: 8, levelDb: 1, pan: 0, reverb: 0.08, drive: 1.2 },
      enters: 0.42,
      loose: 3,
      crash: "crash",
      calm: [
        { kick: "X...X...X...X...", hat: "x.x.x.x.x.x.x.x.", snare: "....x.......x..." },
        { kick: "X...X...X...X...", open: "..x...x...x...x.", tambourine: "....x.......x..." },
      ],
      full: [
        {
          kick: "X...X...X...X...",
          snare: "....X.......X...",
          open: "..X...X...X...X.",
          hat: "x..xx..xx..xx..x",
        },
        {
          kick: "X...X...X...X...",
          snare: "....X.......X..o",
          open: "..X...X...X...X.",
          conga: "..o.x.oo..o.x.ox",
        },
        {
          kick: "X...X...X...X...",
          clap: "....X.......X...",
          open: "..X...X...X...X.",
          cowbell: "x.x.x.x.x.x.x.x.",
        },
      ],
      fills: [
        { snare: "........x.xxX.XX", kick: "X...X...X...X..." },
        {
          highTom: "........xx......",
          midTom: "..........xx....",
          lowTom: "............xxXX",
          kick: "X...X...X...X...",
        },
      ],
    },
    {
      role: "bass",
      channel: { program: 33, levelDb: 3.5, pan: 0, reverb: 0.02, drive: 1.4, lowpass: 2200 },
      enters: 0.45,
      loose: 3,
      range: [28, 48],
      figures: {
        calm: ["R-O-R-O-R-O-R-O-", "R---O---R---O---"],
        full: ["R-O-R-O-R-O-R-Oa", "R.OOR.O.R.OOR.Oa", "R-O-5-O-R-O-7-O-"],
      },
    },
    {
      role: "chords",
      channel: { program: 27, levelDb: -7.5, pan: 0.5, reverb: 0.1, highpass: 300, treble: 2 },
      enters: 0.5,
      loose: 4,
      range: [58, 76],
      strumMs: 3,
      figures: {
        calm: ["..x...x...x...x."],
        full: ["xoxXoxXoxoxXoxXo", "..xX..xX..xX..xX"],
      },
    },
    {
      role: "chords",
      channel: { program: 4, levelDb: -4, pan: -0.35, reverb: 0.15 },
      enters: 0.3,
      loose: 5,
      range: [53, 72],
      figures: {
        calm: ["x-------..x-....", "x---..x-x---...."],
        full: ["x-..x-.x..x-x-..", "..x-..x-..x-x-x-"],
      },
    },
    {
      role: "pad",
      channel: { program: 50, levelDb: -8, pan: 0.1, width: 0.6, reverb: 0.35, highpass: 300 },
      enters: 0.6,
      loose: 6,
      range: [62, 84],
      figures: { calm: ["x---------------"], full: ["x-----------x---", "x-------x-------"] },
    },
    {
      role: "melody",
      channel: { program: 49, levelDb: 3, pan: -0.15, width: 0.5, reverb: 0.35, highpass: 250 },
      enters: 0.64,
      loose: 7,
      range: [67, 88],
      leap: 1.5,
      legato: 0.98,
      figures: {
        calm: ["x-------x---x---", "x-----x-x-------"],
        full: ["x---x-x-x---x-x-", "x-x-x-x-x---x---", "xxx-x---x-x-x---"],
      },
    },
    {
      role: "melody",
      channel: { program: 56, levelDb: 2.5, pan: 0.15, reverb: 0.25 },
      enters: 0.5,
      loose: 8,
      range: [60, 79],
      leap: 1.4,
      legato: 0.75,
      figures: {
        calm: ["x-x-....x---....", "....x-x-x---...."],
        full: ["x-x-..x-x---x-x-", "..x-x-x-x-x-x---"],
      },
    },
  ],
  reverb: { seconds: 1.4, damping: 0.35, predelay: 0.012, levelDb: -7 },
  echo: { beats: 0.5, feedback: 0.15, levelDb: -18 },
  titles: {
    first: ["Mirror", "Saturday", "Satin", "Glitter", "Dance Floor", "Champagne", "Starlight"],
    second: ["Fever", "Nights", "Express", "Love", "Avenue", "(12″ Mix)", "Forever"],
  },
};

export default disco;
