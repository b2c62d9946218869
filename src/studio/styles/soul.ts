/** Soul, R&B and gospel: organ and electric piano in slow 6/8, warm bass, brass that answers. */
import type { Style } from "../style.ts";

const soul: Style = {
  key: "soul",
  name: "Soul",
  words: {
    soul: 4,
    soulful: 4,
    "r b": 4,
    rnb: 4,
    "rhythm and blues": 4,
    gospel: 4.5,
    motown: 4,
    "neo soul": 4.5,
    hammond: 2.5,
    organ: 2,
    church: 2.5,
    "slow jam": 3.5,
    doowop: 3.5,
    "doo wop": 3.5,
    smooth: 1,
    sensual: 2,
    heartfelt: 1.5,
  },
  metre: "6/8",
  tempo: [56, 68],
  modes: [
    ["ionian", 6],
    ["mixolydian", 2],
    ["dorian", 2],
  ],
  chords: "sevenths",
  progressions: {
    major: {
      verse: ["1 6 4 5s", "1 3 4 4m", "1 17 4 4m", "1 67 2 57"],
      chorus: ["4 5+37 6 4m", "4 3+67 2 57", "1 37 4 5s"],
      bridge: ["4 4m 3 67", "b6M b7M 1 1", "2 37 6 27"],
      cadence: "4m 5s",
    },
    minor: {
      verse: ["1 4 1 57", "1 7 6 57", "1 3 4 57"],
      chorus: ["6 7 1 1", "4 7 3 57"],
      bridge: ["6 3 4 57", "2d 57 1 17"],
      cadence: "4 57",
    },
  },
  swing: { unit: 1, ratio: 0.5 },
  energy: { intro: 0.4, verse: 0.6, chorus: 0.86, bridge: 0.66, outro: 0.5 },
  ring: 1,
  parts: [
    {
      role: "chords",
      channel: { program: 4, levelDb: -2.5, pan: -0.25, reverb: 0.2 },
      enters: 0.2,
      loose: 10,
      range: [50, 70],
      strumMs: 5,
      figures: {
        calm: ["x-----------x-----------", "x-------x---x-------x---"],
        full: ["x---o---x---x---o---x---", "x-x-x-x-x-x-x-x-x-x-x-x-", "x-----x-x-x-x-----x-x-x-"],
      },
    },
    {
      role: "pad",
      channel: { program: 16, levelDb: 2.5, pan: 0.25, reverb: 0.2, width: 0.5, drive: 1.4 },
      enters: 0.35,
      loose: 8,
      range: [55, 75],
      figures: {
        calm: ["x-----------------------"],
        full: ["x-----------x-----------", "x-----------------x-----"],
      },
    },
    {
      role: "bass",
      channel: { program: 33, levelDb: 3.5, pan: 0, reverb: 0.03, lowpass: 1600 },
      enters: 0.35,
      loose: 7,
      range: [28, 46],
      figures: {
        calm: ["R-----------5-----------", "R---------R-5---------a-"],
        full: ["R-----..R-5-O-----5-..a-", "R---------5-R-----3-5-a-", "R-----5-..R-3-----5-..a-"],
      },
    },
    {
      role: "drums",
      channel: { program: 0, levelDb: 6, pan: 0, reverb: 0.14 },
      enters: 0.42,
      loose: 8,
      crash: "crash",
      calm: [
        {
          kick: "X...........x.....o.....",
          rim: "......x...........x.....",
          hat: "x.o.o.x.o.o.x.o.o.x.o.o.",
        },
        {
          kick: "X.........o.x...........",
          rim: "......x...........x.....",
          hat: "x.o.o.x.o.o.x.o.o.x.o.o.",
        },
      ],
      full: [
        {
          kick: "X.......x...X.......x.o.",
          snare: "......X...........X.....",
          ride: "x.x.x.x.x.x.x.x.x.x.x.x.",
        },
        {
          kick: "X.........x.X...x.....o.",
          snare: "......X.......o...X...o.",
          hat: "x.x.x.x.x.x.x.x.x.x.x.x.",
        },
        {
          kick: "X.......x.x.X...........",
          snare: "......X...........X..o..",
          hat: "X.o.x.X.o.x.X.o.x.X.o.x.",
          tambourine: "......x...........x.....",
        },
      ],
      fills: [
        { snare: "............x.x.x.X.x.XX" },
        {
          snare: "............x.x.........",
          highTom: "................x.x.....",
          lowTom: "....................x.X.",
        },
      ],
    },
    {
      role: "counter",
      channel: { program: 61, levelDb: 0.5, pan: 0.3, reverb: 0.25 },
      enters: 0.7,
      loose: 10,
      range: [55, 74],
      leap: 1.3,
      legato: 0.8,
      figures: {
        calm: ["............x-----------"],
        full: ["..................x-x-x-", "x---....................", "............x-x-x-x-----"],
      },
    },
    {
      role: "melody",
      channel: { program: 65, levelDb: 2.5, pan: 0.1, reverb: 0.3, echo: 0.15, lowpass: 8000 },
      enters: 0.55,
      loose: 22,
      range: [57, 79],
      leap: 1.3,
      legato: 0.98,
      figures: {
        calm: ["x-----x-x-x-x-----------", "......x-x-x-x-----------"],
        full: ["x-x-x-x---x-x-----------", "x---x-x-x-x-x---x-x-----", "..x-x-x---x-x-x-x-------"],
      },
    },
    {
      role: "melody",
      channel: { program: 26, levelDb: 6, pan: 0.35, reverb: 0.25 },
      enters: 0.45,
      loose: 16,
      range: [57, 77],
      leap: 1.4,
      legato: 0.9,
      figures: {
        calm: ["x-----x-----x-----------", "x-x-x-x-----x-----------"],
        full: ["x-x-x-x-x---x-----x-x-x-", "x---x-x-----x-x-x-x-----"],
      },
    },
    {
      role: "counter",
      channel: { program: 52, levelDb: 1, pan: 0, width: 0.6, reverb: 0.4, highpass: 200 },
      enters: 0.8,
      loose: 14,
      range: [58, 76],
      leap: 1,
      legato: 1,
      figures: { calm: ["x-----------------------"], full: ["x-----------x-----------"] },
    },
  ],
  reverb: { seconds: 1.8, damping: 0.45, predelay: 0.018, levelDb: -6 },
  echo: { beats: 0.667, feedback: 0.25, levelDb: -14 },
  titles: {
    first: ["Sunday", "Tell Me", "Velvet", "Amen", "Honey", "Lay It Down", "Grace"],
    second: ["Morning", "Again", "Hours", "(Take Two)", "Avenue", "Slowly", "for You"],
  },
};

export default soul;
