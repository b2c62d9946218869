/** Drum and bass: broken beats at full speed over a slow, heavy bass and long chords. */
import type { Style } from "../style.ts";

const drumandbass: Style = {
  key: "drumandbass",
  name: "Drum and bass",
  words: {
    "drum and bass": 5,
    "drum n bass": 5,
    dnb: 5,
    jungle: 4,
    breakbeat: 3.5,
    breakcore: 3.5,
    "liquid dnb": 4,
    liquid: 1.5,
    neurofunk: 4,
    amen: 2.5,
    breaks: 2,
    racing: 1,
  },
  tempo: [168, 176],
  modes: [
    ["aeolian", 5],
    ["dorian", 4],
  ],
  chords: "ninths",
  progressions: {
    major: {
      verse: ["1 1 4 4", "6 6 4 4", "2 2 6 6"],
      chorus: ["4 4 5 6", "4 5 6 1"],
      bridge: ["2 2 4 4", "4 4 4m 4m"],
      cadence: "4 5",
    },
    minor: {
      verse: ["1 1 6 6", "1 1 4 4", "1 7 6 6"],
      chorus: ["6 6 7 1", "4 5m 6 7", "6 7 1 3"],
      bridge: ["4 4 6 6", "6 6 b2M b2M"],
      cadence: "6 7",
    },
  },
  swing: { unit: 1, ratio: 0.51 },
  energy: { intro: 0.42, verse: 0.68, chorus: 0.95, bridge: 0.45, outro: 0.55 },
  ring: 0.9,
  parts: [
    {
      role: "drums",
      channel: { program: 16, levelDb: 0.5, pan: 0, reverb: 0.06, drive: 1.6, treble: 2 },
      enters: 0.5,
      loose: 2,
      crash: "crash",
      calm: [
        { kick: "X.........x.....", snare: "....X.......X...", hat: "x.x.x.x.x.x.x.x." },
        { kick: "X.........x.....", snare: "....X..o....X...", shaker: "xoxoxoxoxoxoxoxo" },
      ],
      full: [
        {
          kick: "X.........x.....X.x.......x.....",
          snare: "....X..o.o..X.......X..o.o..X.o.",
          hat: "x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.xx",
          ride: "x...x...x...x...x...x...x...x...",
        },
        {
          kick: "X.x.......xx....X.........x.....",
          snare: "....X..o.o.oX..o....X..o.o..X.oo",
          hat: "xxx.xxx.xxx.xxx.xxx.xxx.xxx.xxx.",
        },
        {
          kick: "X..x......x.....X..x......x..x..",
          snare: "....X..o.o..X.......X.oo.o..X..o",
          open: "..x...x...x...x...x...x...x...x.",
        },
      ],
      fills: [
        { snare: "........xxoxxoXX", kick: "........x..x...." },
        { snare: "........X.oXoXoX", kick: ".........x..x..." },
        { snare: "........xxxxxxXX", lowTom: "............x.x." },
      ],
    },
    {
      role: "bass",
      channel: { program: 39, levelDb: 3, pan: 0, reverb: 0, lowpass: 650, drive: 2.4, duck: 0.3 },
      enters: 0.45,
      loose: 2,
      range: [26, 40],
      figures: {
        calm: ["R---------------", "R-----------R---"],
        full: ["R-----R-..R---5-", "R--R--R-----O---", "R-.R-.R-.R-.O-a-"],
      },
    },
    {
      role: "pad",
      channel: {
        program: 95,
        levelDb: -10,
        pan: 0,
        width: 0.6,
        reverb: 0.5,
        highpass: 260,
        duck: 0.2,
      },
      enters: 0.3,
      loose: 5,
      range: [55, 76],
      figures: { calm: ["x---------------"], full: ["x---------------"] },
    },
    {
      role: "chords",
      channel: { program: 4, levelDb: -3.5, pan: -0.2, reverb: 0.4, echo: 0.4, highpass: 250 },
      enters: 0.4,
      loose: 6,
      range: [57, 77],
      figures: {
        calm: ["x-----..........", "......x-----...."],
        full: ["x--x--......x---", "..x---..x---...."],
      },
    },
    {
      role: "arpeggio",
      channel: {
        program: 90,
        levelDb: -0.5,
        pan: 0.35,
        reverb: 0.3,
        echo: 0.3,
        highpass: 400,
        duck: 0.2,
      },
      enters: 0.7,
      loose: 2,
      range: [64, 86],
      figures: {
        calm: ["0.2.1.3.0.2.1.3."],
        full: ["0120132001201320", "0.12.31.0.12.31."],
      },
    },
    {
      role: "melody",
      channel: { program: 86, levelDb: 12.5, pan: 0, reverb: 0.35, echo: 0.3, highpass: 250 },
      enters: 0.62,
      loose: 4,
      range: [60, 82],
      leap: 1.4,
      legato: 0.95,
      figures: {
        calm: ["x-------x-----x-", "x-----x---------"],
        full: ["x---x-----x-x---", "x-----x---x-----", "x--x--x---------"],
      },
    },
    {
      role: "melody",
      channel: { program: 0, levelDb: 8, pan: 0.1, reverb: 0.4, echo: 0.35 },
      enters: 0.38,
      loose: 8,
      range: [62, 84],
      leap: 1.4,
      legato: 0.95,
      figures: {
        calm: ["x-----x-----x---", "x---x-------x---"],
        full: ["x--x--x-----x---", "x---x---x--x--x-"],
      },
    },
  ],
  reverb: { seconds: 2.2, damping: 0.35, predelay: 0.02, levelDb: -7 },
  echo: { beats: 0.75, feedback: 0.45, levelDb: -8 },
  titles: {
    first: ["Terminal", "Glass", "Orbit", "Velocity", "Fault", "Undertow", "Warp"],
    second: ["Velocity", "Line", "Shift", "Pressure", "State", "VIP", "Protocol"],
  },
};

export default drumandbass;
