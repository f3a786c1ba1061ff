// The part of hls.js that plays one picture and one sound, without subtitles and protection: view/player.tsx loads it.
declare module 'hls.js/light' {
  export { default, Events, ErrorTypes } from 'hls.js';
}
