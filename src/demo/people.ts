/**
 * Names and addresses for people of whom the data has only a number.
 * @module
 */
import murmurhash from 'murmurhash';

const FIRST_NAMES =
  'Ada Amir Anna Aylin Ben Bilal Carla Chen Daria David Elif Emil Emma Farah Finn Greta Hannah Hugo Ida Ines Ivan Jana Jonas Jun Kaya Kofi Lara Leo Lina Luca Maja Malik Maria Marta Mats Mia Milan Mina Nadia Nils Nora Olga Omar Oskar Paula Pia Priya Rafael Rosa Ruth Sami Sara Selin Sofia Tariq Tessa Theo Tom Yara Zoe'.split(
    ' ',
  );

/** The same name for the same id, always. */
export function firstNameOf(userId: string): string {
  return FIRST_NAMES[murmurhash.v3(userId) % FIRST_NAMES.length] ?? 'Ada';
}

/** An address that can belong to nobody: `.example` is kept free for such uses (RFC 2606). */
export function emailOf(userId: string): string {
  return `${userId}@shop.example`;
}
